#include "engine/pipeline/encryption_choice.hpp"

#include <algorithm>
#include <utility>

#include "engine/messages/messages.hpp"
#include "engine/model/layout.hpp"

namespace decamp::pipeline {

namespace {

using encryption::encryption_errc;
using messages::id;

// Fact of the catalogue: recipients with a space between them, or that there is a passphrase.
constexpr std::string_view encrypted_fact = "encrypted_to";
constexpr std::string_view with_passphrase = "passphrase";

outcome usage(std::string sentence) {
    return {exit_code::usage, std::move(sentence), {}};
}

id sentence_of(formats::age_key_fault fault) {
    switch (fault) {
        case formats::age_key_fault::secret_key:
            return id::err_recipient_is_secret;
        case formats::age_key_fault::mistyped:
            return id::err_recipient_mistyped;
        default:
            return id::err_recipient_unknown;
    }
}

std::optional<outcome> parse_recipients(const export_options& o, std::vector<formats::age_recipient>& into) {
    for (const std::string& text : o.encrypt_to) {
        const auto parsed = formats::parse_age_recipient(text);
        if (const auto* fault = std::get_if<formats::age_key_fault>(&parsed)) {
            // A secret that was given by mistake is not repeated.
            const bool secret = *fault == formats::age_key_fault::secret_key;
            return usage(
                messages::say(o.words, sentence_of(*fault), secret ? std::string("AGE-SECRET-KEY-1...") : text));
        }
        const auto& recipient = std::get<formats::age_recipient>(parsed);
        if (std::ranges::find(into, recipient) == into.end()) into.push_back(recipient);
    }
    if (into.size() > formats::age_stanza_limit)
        return usage(messages::say(o.words, id::err_too_many_recipients, std::to_string(formats::age_stanza_limit)));
    // A point that nobody has the secret of is found by trying.
    const formats::entropy ones = [](std::span<std::byte> bytes) { std::ranges::fill(bytes, std::byte{1}); };
    for (const auto& recipient : into) {
        const auto tried = formats::age_encryptor::to_recipients(std::span(&recipient, 1), ones);
        if (std::holds_alternative<formats::age_encrypt_fault>(tried))
            return usage(messages::say(o.words, id::err_recipient_mistyped, recipient.text()));
    }
    return std::nullopt;
}

std::string text_of(const std::vector<formats::age_recipient>& recipients) {
    std::string text;
    for (const auto& r : recipients) text += (text.empty() ? "" : " ") + r.text();
    return text;
}

std::optional<std::vector<formats::age_recipient>> recipients_of(std::string_view text) {
    std::vector<formats::age_recipient> all;
    while (!text.empty()) {
        const auto end = std::min(text.find(' '), text.size());
        const auto parsed = formats::parse_age_recipient(text.substr(0, end));
        if (!std::holds_alternative<formats::age_recipient>(parsed)) return std::nullopt;
        all.push_back(std::get<formats::age_recipient>(parsed));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    if (all.empty()) return std::nullopt;
    return all;
}

std::string option_of(std::string_view fact) {
    if (fact == with_passphrase) return "--passphrase-file";
    std::string option = "--encrypt-to " + std::string(fact);
    for (auto space = option.find(' ', 13); space != option.npos; space = option.find(' ', space + 14))
        option.replace(space, 1, " --encrypt-to ");
    return option;
}

// Whose names were given in another order are the same ones.
bool same(std::vector<formats::age_recipient> a, std::vector<formats::age_recipient> b) {
    std::ranges::sort(a, {}, &formats::age_recipient::public_key);
    std::ranges::sort(b, {}, &formats::age_recipient::public_key);
    return a == b;
}

result<bool> holds_encrypted_volumes(world::file_store& files) {
    const auto there = files.info(layout::volumes_folder);
    if (!there) return there.error();
    if (!there.value() || !there.value()->folder) return false;
    bool found = false;
    const auto walked = files.walk(layout::volumes_folder, [&](std::string_view path, const world::file_info&) {
        found = encryption::is_encrypted(path);
        return !found;
    });
    if (!walked) return walked.error();
    return found;
}

}  // namespace

std::variant<encryption::unlocking, outcome> unlocking_of(const export_keys& keys, language words) {
    encryption::unlocking opened;
    opened.passphrase = formats::secret_text(keys.passphrase);
    if (keys.identity.empty()) return opened;
    auto parsed = formats::parse_age_identities(keys.identity);
    if (const auto* bad = std::get_if<formats::age_identity_file_fault>(&parsed)) {
        if (bad->fault == formats::age_key_fault::encrypted)
            return usage(messages::say(words, id::err_identity_encrypted));
        return usage(messages::say(words, id::err_identity_unusable, bad->line));
    }
    opened.identities = std::move(std::get<std::vector<formats::age_identity>>(parsed));
    return opened;
}

std::variant<encryption_wishes, outcome> encryption_wishes_of(const export_options& o) {
    encryption_wishes wishes;
    if (!o.encrypt_to.empty() && !o.passphrase.empty()) return usage(messages::say(o.words, id::err_two_encryptions));
    if (auto problem = parse_recipients(o, wishes.recipients)) return std::move(*problem);
    auto keys = unlocking_of({o.identity, o.passphrase}, o.words);
    if (auto* problem = std::get_if<outcome>(&keys)) return std::move(*problem);
    wishes.keys = std::move(std::get<encryption::unlocking>(keys));
    wishes.key_folder = o.key_folder;
    if (!wishes.encrypts()) return wishes;
    if (o.format == archive_format::tree) return usage(messages::say(o.words, id::err_encryption_wants_archive));
    if (o.twins_in_archive && *o.twins_in_archive != archive_twins::list)
        return usage(messages::say(o.words, id::err_encryption_lists_twins));
    return wishes;
}

result<std::optional<encryption::export_key>> agree_on_key(world::file_store& files, bool begun,
                                                           const encryption_wishes& wishes, world::random& random) {
    using none_or_key = std::optional<encryption::export_key>;
    const auto name = encryption::key_wanted(files);
    if (!name) return name.error();
    if (name.value()) {
        // A passphrase is held against the one that the export has: further volumes get it.
        const bool given = !wishes.keys.passphrase.view().empty();
        auto key = given ? encryption::open_key(files, *name.value(), wishes.keys)
                         : encryption::find_key(files, *name.value(), wishes.keys, wishes.key_folder);
        if (!key) return key.error();
        return none_or_key(std::move(key.value()));
    }
    const auto volumes = holds_encrypted_volumes(files);
    if (!volumes) return volumes.error();
    if (!wishes.encrypts()) {
        // Its state is gone: what is added must not lie open beside what does not.
        if (volumes.value()) return failure(encryption_errc::no_key);
        return none_or_key();
    }
    if (begun && !volumes.value()) return failure(encryption_errc::not_encrypted);
    std::unique_ptr<encryption::lock> lock =
        wishes.recipients.empty()
            ? std::make_unique<encryption::lock>(formats::secret_text(wishes.keys.passphrase.view()), random)
            : std::make_unique<encryption::lock>(wishes.recipients, random);
    auto key = encryption::make_key(files, *lock, random, wishes.key_folder);
    if (!key) return key.error();
    return none_or_key(std::move(key.value()));
}

result<std::unique_ptr<encryption::lock>> agree_on_lock(catalogue::catalogue& where, const encryption_wishes& wishes,
                                                        world::random& random) {
    using locked = std::unique_ptr<encryption::lock>;
    const std::string_view passphrase = wishes.keys.passphrase.view();
    const auto noted = where.fact(encrypted_fact);
    if (!noted) return noted.error();
    std::string fact = noted.value().value_or(std::string());
    if (fact.empty()) {
        if (!wishes.encrypts()) return failure(encryption_errc::no_key);  // a run was killed before it was noted
        fact = wishes.recipients.empty() ? std::string(with_passphrase) : text_of(wishes.recipients);
        if (auto r = where.set_fact(encrypted_fact, fact); !r) return r.error();
    }
    if (fact == with_passphrase) {
        if (!wishes.recipients.empty()) return failure(encryption_errc::other_recipients, option_of(fact));
        if (passphrase.empty()) return failure(encryption_errc::no_passphrase);
        return locked(std::make_unique<encryption::lock>(formats::secret_text(passphrase), random));
    }
    const auto recipients = recipients_of(fact);
    if (!recipients) return failure(make_error_code(catalogue::catalogue_errc::damaged), std::string(encrypted_fact));
    if (!passphrase.empty() || (!wishes.recipients.empty() && !same(*recipients, wishes.recipients)))
        return failure(encryption_errc::other_recipients, option_of(fact));
    return locked(std::make_unique<encryption::lock>(*recipients, random));
}

}  // namespace decamp::pipeline
