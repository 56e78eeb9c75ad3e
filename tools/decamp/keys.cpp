// What the user's files say of keys and passphrases.

#include "engine/messages/messages.hpp"
#include "tools/decamp/commands.hpp"

namespace decamp::cli {

using messages::id;
using messages::say;

namespace {

constexpr std::size_t most_bytes = std::size_t{64} << 10;

bool read_key_file(const std::string& path, language words, surroundings& in, display& screen, std::string& into) {
    if (path.empty()) return true;
    auto text = in.read_file(path, most_bytes);
    if (!text) {
        screen.line(say(words, id::err_key_file_unreadable, path, why_of(text.error(), words)));
        return false;
    }
    into = std::move(text.value());
    return true;
}

}  // namespace

bool read_keys(const key_files& files, language words, surroundings& in, display& screen, export_keys& into) {
    if (!read_key_file(files.identity, words, in, screen, into.identity)) return false;
    if (!read_key_file(files.passphrase, words, in, screen, into.passphrase)) return false;
    // A passphrase is the file's first line, as editors and `echo` leave it.
    into.passphrase.resize(std::min(into.passphrase.size(), into.passphrase.find('\n')));
    if (into.passphrase.ends_with('\r')) into.passphrase.pop_back();
    if (!files.passphrase.empty() && into.passphrase.empty()) {
        screen.line(say(words, id::err_passphrase_empty, files.passphrase));
        return false;
    }
    return true;
}

bool read_keys(const key_files& files, surroundings& in, display& screen, export_options& into) {
    export_keys keys;
    if (!read_keys(files, into.words, in, screen, keys)) return false;
    into.identity = std::move(keys.identity);
    into.passphrase = std::move(keys.passphrase);
    into.key_folder = key_folder(in);
    // Without it no later run could go on, but with the secret key, which is not here.
    if (into.key_folder.empty() && !into.encrypt_to.empty() && into.identity.empty()) {
        screen.line(say(into.words, id::err_key_not_kept, "HOME"));
        return false;
    }
    return true;
}

std::string key_folder(const surroundings& in) {
    const auto absolute = [&](const char* name) {
        auto path = in.environment(name);
        return path && path->starts_with('/') ? *path : std::string();
    };
    if (const std::string state = absolute("XDG_STATE_HOME"); !state.empty()) return state + "/decamp/keys";
    const std::string home = absolute("HOME");
    return home.empty() ? std::string() : home + "/.local/state/decamp/keys";
}

}  // namespace decamp::cli
