#include "tests/sim/lying/law.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace decamp::sim::lying {

namespace {

class law {
  public:
    law(const verdict& stated, const circumstances& source) : stated_(stated), source_(source) {
        using enum bend_kind;
        // What tells one version from another was not always there to be seen.
        for (const bend_kind what : {without_size, without_digest, wrong_size, wrong_digest, shared_digest})
            any_version_ = any_version_ || source.bent.has(what);
        any_version_ = any_version_ || source.kind == kind_of_source::links;
    }

    void check(complaints& out) const {
        bool has_reason = false;
        for (std::size_t i = 0; i < source_.really.items.size(); ++i) {
            const true_item& item = source_.really.items[i];
            const bool is_there = on_drive(item), is_excused = excused(i);
            has_reason = has_reason || is_excused;
            // Named itself, or by the place it lies in, which nobody was told is empty.
            const bool binds = item.named || (item.place_named && !item.was_due);
            if (!binds || is_excused_from_all(item)) continue;
            if (stated_.code == exit_code::complete && !is_there)
                out.push_back(fmt::format("called complete, and {} is not on the drive", item.id));
            if (stated_.code != exit_code::complete_with_exceptions || is_excused) continue;
            if (!is_there)
                out.push_back(fmt::format("blamed on the source (3), which has {} as it was named", item.id));
            else if (stated_.exceptions.contains(item.id))
                out.push_back(fmt::format("named as an exception (3), although it is as it was named: {}", item.id));
        }
        if (stated_.code == exit_code::complete_with_exceptions && !has_reason)
            out.push_back("exceptions (3), and nothing is wrong with any item");
    }

  private:
    bool on_drive(const true_item& item) const {
        const auto is_there = [this](const std::string& bytes) { return stated_.on_drive.contains(bytes); };
        return is_there(item.bytes) || std::ranges::any_of(item.earlier, is_there) ||
               (any_version_ && std::ranges::any_of(item.oldest, is_there));
    }

    // The newest list leaves it out, and so does whoever is asked for it: gone, as far as anybody can see.
    static bool is_excused_from_all(const true_item& item) {
        return !item.present || item.is_new || (item.missing_in_last_list && item.refused_last);
    }

    // It may be called an exception that lies with the source.
    bool excused(std::size_t index) const {
        const true_item& item = source_.really.items[index];
        if (is_excused_from_all(item) || source_.at.excused(index)) return true;
        if (!item.earlier.empty() || item.listed_version != item.version) return true;  // changed since it was named
        using enum bend_kind;
        // Whoever announced anything of it announced something else than there is.
        const bool wrong_digests = source_.bent.has(wrong_digest) || source_.bent.has(shared_digest);
        if (wrong_digests && !item.digest_listed) return true;
        if (source_.bent.has(wrong_size) && !item.size_listed) return true;
        for (const bend_kind what : {wrong_size, wrong_digest, shared_digest})
            if (source_.bent.holds(what, purpose::list, index)) return true;
        return source_.bent.holds(other_bytes, purpose::get, index) ||
               source_.bent.holds(shorter_body, purpose::get, index);
    }

    const verdict& stated_;
    const circumstances& source_;
    bool any_version_ = false;
};

}  // namespace

void check_law(const verdict& stated, const circumstances& source, complaints& out) {
    law(stated, source).check(out);
}

void check_settled(const verdict& stated, complaints& out) {
    if (stated.code == exit_code::complete || stated.code == exit_code::complete_with_exceptions) return;
    out.push_back(fmt::format("nothing is wrong any more, and it ends with code {}: {}", static_cast<int>(stated.code),
                              stated.sentence));
}

verdict read_verdict(const outcome& end, const std::shared_ptr<disk>& drive) {
    verdict out;
    out.code = end.code;
    out.sentence = end.sentence;
    const stock_taken stock = take_stock(drive);
    for (std::string& bytes : payload_bytes(*drive, stock)) out.on_drive.insert(std::move(bytes));
    out.exceptions = stock.named;
    return out;
}

}  // namespace decamp::sim::lying
