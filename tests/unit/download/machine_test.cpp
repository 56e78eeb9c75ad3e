#include "engine/download/machine.hpp"

#include <gtest/gtest.h>

#include "engine/download/errors.hpp"
#include "engine/source/source.hpp"
#include "engine/world/file_store.hpp"
#include "engine/world/network.hpp"

namespace decamp::download {
namespace {

transfer_end failed(failure why, std::uint64_t reached = 0) {
    transfer_end end;
    end.error = std::move(why);
    end.reached = reached;
    return end;
}

transfer_end whole(source_check check, unsigned char mark = 1) {
    transfer_end end;
    end.check = check;
    end.sha256[0] = std::byte{mark};
    return end;
}

TEST(ItemMachine, TheStraightWay) {
    item_machine machine;
    EXPECT_EQ(machine.begin().what, step::resolve_link);
    EXPECT_EQ(machine.on_link(std::nullopt, 0).what, step::transfer);
    EXPECT_EQ(machine.on_transfer(whole(source_check::digest), 0).what, step::finish);
}

TEST(ItemMachine, WhatIsNotAnnouncedIsWholeToo) {
    item_machine machine;
    EXPECT_EQ(machine.on_transfer(whole(source_check::none), 0).what, step::finish);
    EXPECT_EQ(machine.on_transfer(whole(source_check::length), 0).what, step::finish);
}

using finding = source::second_look::finding;

result<source::second_look> seen(finding what) {
    source::second_look look;
    look.found = what;
    if (what == finding::other) look.now.emplace().id.value = "fresh";
    return look;
}

const std::vector<failure> doubtful{failure(source::source_errc::gone),    failure(source::source_errc::refused),
                                    failure(source::source_errc::changed), failure(download_errc::gone),
                                    failure(download_errc::refused),       failure(download_errc::changed)};

TEST(ItemMachine, WhatAListNamedIsLookedForAgainBeforeItIsCalledGone) {
    for (const failure& f : doubtful) {
        item_machine machine;
        const action next = machine.on_transfer(failed(f), 0);
        EXPECT_EQ(next.what, step::look_again) << to_string(f);
        EXPECT_EQ(next.why, f);
        item_machine at_link;
        EXPECT_EQ(at_link.on_link(f, 0).what, step::look_again) << to_string(f);
    }
}

TEST(ItemMachine, AFreshListDecides) {
    for (const failure& f : doubtful) {
        item_machine missing;
        missing.on_transfer(failed(f), 0);
        const action deleted = missing.on_look(seen(finding::missing));
        EXPECT_EQ(deleted.what, step::fail);
        EXPECT_EQ(deleted.reason, exception_reason::deleted_in_cloud);

        item_machine other;
        other.on_transfer(failed(f), 0);
        const action anew = other.on_look(seen(finding::other));
        EXPECT_EQ(anew.what, step::plan_anew);
        EXPECT_EQ(anew.now->id.value, "fresh");
    }
}

TEST(ItemMachine, WhatIsStillListedIsAskedForOnceMoreAndThenAFailureOfOurs) {
    for (const failure& f : doubtful) {
        if (f.code == source::source_errc::gone) continue;  // below
        item_machine machine;
        machine.on_transfer(failed(f), 0);
        const action again = machine.on_look(seen(finding::same));
        EXPECT_EQ(again.what, step::resolve_link);
        const bool changed = f.code == source::source_errc::changed || f.code == download_errc::changed;
        EXPECT_EQ(again.from_zero, changed);
        const action last = machine.on_transfer(failed(f), 0);
        EXPECT_EQ(last.what, step::fail);
        EXPECT_EQ(last.reason, exception_reason::refused_though_listed);
        EXPECT_FALSE(lies_with_source(last.reason));
        EXPECT_TRUE(machine.listed());
    }
}

TEST(ItemMachine, TheServicesOwnWordForDeletedStandsWhenItIsGivenTwice) {
    item_machine machine;
    machine.on_link(failure(source::source_errc::gone), 0);
    machine.on_look(seen(finding::same));
    EXPECT_EQ(machine.on_link(failure(source::source_errc::gone), 0).reason, exception_reason::deleted_in_cloud);
    item_machine mixed;
    mixed.on_transfer(failed(failure(download_errc::gone)), 0);
    mixed.on_look(seen(finding::same));
    EXPECT_EQ(mixed.on_link(failure(source::source_errc::gone), 0).reason, exception_reason::refused_though_listed);
}

TEST(ItemMachine, WithoutAnotherListTheAnswerStands) {
    const std::pair<failure, exception_reason> table[] = {
        {failure(download_errc::gone), exception_reason::deleted_in_cloud},
        {failure(download_errc::refused), exception_reason::refused_by_cloud},
        {failure(download_errc::changed), exception_reason::changed_in_cloud}};
    for (const auto& [f, reason] : table) {
        item_machine machine;
        machine.on_transfer(failed(f), 0);
        EXPECT_EQ(machine.on_look(seen(finding::no_list)).what, step::resolve_link);  // asked for once more
        EXPECT_EQ(machine.on_transfer(failed(f), 0).what, step::look_again);
        const action end = machine.on_look(seen(finding::no_list));
        EXPECT_EQ(end.what, step::fail);
        EXPECT_EQ(end.reason, reason);
        EXPECT_TRUE(lies_with_source(end.reason));
    }
}

TEST(ItemMachine, AListThatCannotBeAskedIsNoVerdict) {
    item_machine machine;
    machine.on_transfer(failed(failure(download_errc::gone)), 0);
    const action end = machine.on_look(failure(source::source_errc::server_error));
    EXPECT_EQ(end.what, step::fail);
    EXPECT_FALSE(lies_with_source(end.reason));
    item_machine dead;
    dead.on_transfer(failed(failure(download_errc::gone)), 0);
    EXPECT_EQ(dead.on_look(failure(source::source_errc::session_died)).what, step::stop_run);
}

TEST(ItemMachine, ColdStorageIsNamedAtOnce) {
    item_machine machine;
    const action end = machine.on_transfer(failed(failure(source::source_errc::cold_storage)), 0);
    EXPECT_EQ(end.what, step::fail);
    EXPECT_EQ(end.reason, exception_reason::in_cold_storage);
    EXPECT_EQ(machine.on_link(failure(world::network_errc::address_refused), 0).reason, exception_reason::link_refused);
}

TEST(ItemMachine, ALinkThatRunsOutAgainAndAgainIsRenewedAsLongAsBytesCome) {
    item_machine machine;
    std::uint64_t reached = 0;
    for (int i = 0; i < 40; ++i) {
        transfer_end end = failed(failure(download_errc::link_expired));
        end.reached = reached += 1 << 20;
        EXPECT_EQ(machine.on_transfer(end, 0).what, step::resolve_link);
    }
}

TEST(ItemMachine, AnExpiredLinkIsRenewedAtOnce) {
    item_machine machine;
    EXPECT_EQ(machine.on_transfer(failed(failure(download_errc::link_expired)), 0).what, step::resolve_link);
    EXPECT_EQ(machine.on_transfer(failed(failure(download_errc::link_expired)), 0).what, step::look_again);
}

TEST(ItemMachine, GivesUpAfterItsTries) {
    machine_settings settings;
    settings.retry.tries = 3;
    item_machine machine(settings);
    EXPECT_EQ(machine.on_transfer(failed(failure(world::network_errc::reset)), 0).what, step::wait);
    EXPECT_EQ(machine.on_transfer(failed(failure(world::network_errc::reset)), 0).what, step::wait);
    const action last = machine.on_transfer(failed(failure(world::network_errc::reset)), 0);
    EXPECT_EQ(last.what, step::fail);
    EXPECT_EQ(last.reason, exception_reason::not_downloaded);
}

TEST(ItemMachine, ProgressForgivesTries) {
    machine_settings settings;
    settings.retry.tries = 2;
    item_machine machine(settings);
    for (int i = 0; i < 50; ++i) {
        const auto reached = static_cast<std::uint64_t>(i + 1) << 20;
        const action next = machine.on_transfer(failed(failure(world::network_errc::reset), reached), 0);
        EXPECT_EQ(next.what, step::wait) << i;
        EXPECT_FALSE(next.from_zero);
    }
}

TEST(ItemMachine, ProgressForgivesNotForEver) {
    machine_settings settings;
    settings.most_resumptions = 10;
    item_machine machine(settings);
    std::uint64_t steps = 0;
    while (machine.on_transfer(failed(failure(world::network_errc::reset), (steps + 1) << 20), 0).what == step::wait)
        ASSERT_LT(++steps, 100U);
    EXPECT_GE(steps, 10U);
}

// 400 KB a connection, and a film.
TEST(ItemMachine, ConnectionsThatEndEarlyGetThrough) {
    item_machine machine;
    for (std::uint64_t reached = 400'000; reached < 8'000'000'000; reached += 400'000)
        ASSERT_EQ(machine.on_transfer(failed(failure(transport::http_errc::body_truncated), reached), 0).what,
                  step::wait)
            << reached;
}

transfer_end part_of(std::uint64_t reached) {
    transfer_end end;
    end.reached = reached;
    end.more = true;
    return end;
}

// What the old version had reached is nothing that the new one has to reach first; but not for ever.
TEST(ItemMachine, AnotherVersionHasItsOwnProgress) {
    item_machine machine;
    machine.on_transfer(failed(failure(transport::http_errc::body_truncated), 50'000'000), 0);
    EXPECT_TRUE(machine.on_transfer(failed(failure(download_errc::wrong_range), 50'000'000), 0).from_zero);
    for (std::uint64_t reached = 400'000; reached < 50'000'000; reached += 400'000)
        ASSERT_EQ(machine.on_transfer(failed(failure(transport::http_errc::body_truncated), reached), 0).what,
                  step::wait)
            << reached;
    transfer_end changed = failed(failure(transport::http_errc::body_truncated), 400'000);
    changed.anew = true;
    int versions = 0;
    while (machine.on_transfer(changed, 0).what == step::wait) ASSERT_LT(++versions, 100);
}

TEST(ItemMachine, ShortPartsFollowAtOnce) {
    item_machine machine;
    for (std::uint64_t reached = 50'000; reached < 5'000'000; reached += 50'000) {
        const action next = machine.on_transfer(part_of(reached), 0);
        ASSERT_EQ(next.what, step::resolve_link) << reached;
        EXPECT_FALSE(next.from_zero);
    }
    EXPECT_EQ(machine.on_transfer(whole(source_check::digest), 0).what, step::finish);
}

TEST(ItemMachine, PartsThatBringNothingAreTries) {
    item_machine machine;
    machine.on_transfer(part_of(50'000), 0);
    int tries = 1;
    for (; machine.on_transfer(part_of(50'000), 0).what == step::wait; ++tries) ASSERT_LT(tries, 100);
    EXPECT_EQ(tries, static_cast<int>(runtime::retry_policy{}.tries));
}

TEST(ItemMachine, BytesThatAreNotThoseAnnouncedBeginAnew) {
    item_machine machine;
    const transfer_end shorter = failed(failure(download_errc::bytes_differ, "fewer"), 500);
    action next = machine.on_transfer(shorter, 0);
    EXPECT_EQ(next.what, step::wait);
    EXPECT_TRUE(next.from_zero);
    for (int i = 0; next.what == step::wait; ++i) {
        ASSERT_LT(i, 100);
        next = machine.on_transfer(shorter, 0);
    }
    EXPECT_EQ(next.what, step::fail);
    EXPECT_EQ(next.reason, exception_reason::not_downloaded);
}

TEST(ItemMachine, ALengthThatNobodyAnnouncedIsKept) {
    item_machine machine;
    EXPECT_EQ(machine.on_transfer(whole(source_check::unbounded), 0).what, step::finish);
}

TEST(ItemMachine, TheSameBytesAgainAreNoProgress) {
    machine_settings settings;
    settings.retry.tries = 3;
    item_machine machine(settings);
    int tries = 1;
    while (machine.on_transfer(failed(failure(world::network_errc::reset), 5 << 20), 0).what == step::wait)
        ASSERT_LT(++tries, 100);
    EXPECT_EQ(tries, 3);
}

TEST(ItemMachine, AWrongRangeBeginsAnew) {
    item_machine machine;
    EXPECT_TRUE(machine.on_transfer(failed(failure(download_errc::wrong_range)), 0).from_zero);
    EXPECT_TRUE(machine.on_transfer(failed(failure(download_errc::too_long)), 0).from_zero);
}

TEST(ItemMachine, ThrottlingIsTheAccountsAffair) {
    item_machine machine;
    for (int i = 0; i < 6; ++i) {
        EXPECT_EQ(machine.on_link(failure(source::source_errc::throttled), 0).what, step::resolve_link);
        EXPECT_EQ(machine.on_transfer(failed(failure(download_errc::throttled)), 0).what, step::resolve_link);
    }
    EXPECT_EQ(machine.tries(), 0u);
    int steps = 0;
    while (machine.on_link(failure(source::source_errc::throttled), 0).what != step::fail) ASSERT_LT(++steps, 100);
}

TEST(ItemMachine, DifferingBytesAreTriedThriceAndKept) {
    item_machine machine;
    for (int i = 0; i < 2; ++i) {
        const action next = machine.on_transfer(whole(source_check::mismatch), 0);
        EXPECT_EQ(next.what, step::wait);
        EXPECT_TRUE(next.from_zero);
    }
    // The list is asked whether it still announces others.
    EXPECT_EQ(machine.on_transfer(whole(source_check::mismatch), 0).what, step::look_again);
    EXPECT_EQ(machine.on_look(seen(finding::same)).what, step::keep_differing);
}

TEST(ItemMachine, AnAnnouncementThatWasPutRightIsPlannedAnew) {
    listed_item listed;
    listed.size = 5;
    listed.sha1.emplace().fill(std::byte{1});
    source::second_look look;
    look.found = finding::other;
    look.now = listed;
    look.now->locator = "moved";
    for (const bool put_right : {false, true}) {
        item_machine machine;
        for (int i = 0; i < 3; ++i) machine.on_transfer(whole(source_check::mismatch), 0);
        if (put_right) look.now->sha1->fill(std::byte{2});
        look.now->locator = put_right ? "moved" : listed.locator;
        EXPECT_EQ(machine.on_look(look, listed).what, put_right ? step::plan_anew : step::keep_differing);
    }
    for (const finding found : {finding::missing, finding::no_list}) {
        item_machine machine;
        for (int i = 0; i < 3; ++i) machine.on_transfer(whole(source_check::mismatch), 0);
        EXPECT_EQ(machine.on_look(seen(found), listed).what, step::keep_differing);
    }
    item_machine unasked;
    for (int i = 0; i < 3; ++i) unasked.on_transfer(whole(source_check::mismatch), 0);
    EXPECT_EQ(unasked.on_look(failure(source::source_errc::server_error), listed).what, step::keep_differing);
}

TEST(ItemMachine, BytesThatDifferEachTimeAreNotKept) {
    item_machine machine;
    for (unsigned char mark = 1; mark < 3; ++mark) machine.on_transfer(whole(source_check::mismatch, mark), 0);
    const action last = machine.on_transfer(whole(source_check::mismatch, 3), 0);
    EXPECT_EQ(last.what, step::fail);
    EXPECT_EQ(last.reason, exception_reason::unsteady_bytes);
}

TEST(ItemMachine, RightBytesAfterWrongOnesAreGood) {
    item_machine machine;
    machine.on_transfer(whole(source_check::mismatch), 0);
    EXPECT_EQ(machine.on_transfer(whole(source_check::digest), 0).what, step::finish);
}

TEST(ItemMachine, AFullDriveEndsTheRun) {
    item_machine machine;
    const action next = machine.on_transfer(failed(failure(world::file_errc::no_space)), 0);
    EXPECT_EQ(next.what, step::stop_run);
    EXPECT_TRUE(next.why.code == world::file_errc::no_space);
    EXPECT_EQ(machine.on_link(failure(source::source_errc::session_died), 0).what, step::stop_run);
}

}  // namespace
}  // namespace decamp::download
