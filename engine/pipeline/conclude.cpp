#include "engine/pipeline/conclude.hpp"

#include "engine/model/layout.hpp"
#include "formats/size.hpp"

namespace decamp::pipeline {

namespace {

using messages::id;

std::string complete_sentence(const certify::statement& s, const explain_context& c) {
    const auto say = [&](id which, const auto&... values) { return messages::say(c.words, which, values...); };
    const std::string size = formats::human_size(s.bytes.stored_unique);
    if (s.counts.listed == 0) return say(id::done_empty);
    if (!s.facts.filtered()) return say(id::done_complete, s.counts.stored, size);
    return say(id::done_complete_filtered, s.counts.stored, size, s.counts.excluded);
}

// A pattern mistyped leaves everything out, and "complete" would be taken for success.
bool nothing_matched(const certify::statement& s) {
    return s.code == exit_code::complete && s.facts.filtered() && s.counts.listed > 0 &&
           s.counts.excluded == s.counts.listed;
}

outcome stated_outcome(const certify::statement& s, const std::string& nearest, const explain_context& c) {
    const auto say = [&](id which, const auto&... values) { return messages::say(c.words, which, values...); };
    outcome o;
    if (nothing_matched(s)) {
        o.code = exit_code::nothing_matched;
        o.sentence = nearest.empty() ? say(id::done_nothing_matched, s.counts.excluded)
                                     : say(id::done_nothing_matched_near, s.counts.excluded, nearest);
        return o;
    }
    o.code = s.code;
    switch (s.code) {
        case exit_code::complete:
            o.sentence = complete_sentence(s, c);
            break;
        case exit_code::complete_with_exceptions:
            o.sentence = say(id::done_exceptions, s.counts.stored, s.counts.exceptions);
            break;
        default: {
            const auto missing = s.found.own_exceptions + s.found.unstored + s.found.unproven;
            o.sentence = missing == 0 ? say(id::done_incomplete_gap, s.counts.stored)
                                      : say(id::done_incomplete, s.counts.stored, missing);
        }
    }
    return o;
}

}  // namespace

outcome conclude(const run_result& ended, const explain_context& c) {
    outcome o;
    if (ended.why) {
        o = explain(*ended.why, c);
    } else if (ended.interrupted) {
        o.code = exit_code::interrupted;
        o.sentence = messages::say(c.words, id::done_interrupted, ended.stated ? ended.stated->counts.stored : 0);
        o.further.push_back(messages::say(c.words, id::next_run_again));
    } else if (ended.stated) {
        o = stated_outcome(*ended.stated, ended.nearest, c);
    }
    if (ended.closing) {
        o = explain(*ended.closing, c);
        return o;
    }
    if (!ended.stated) return o;
    o.further.push_back(
        messages::say(c.words, id::next_certificate, c.destination + "/" + std::string(layout::certificate_text)));
    if (ended.stated->read_back.any_cache)
        o.further.push_back(messages::say(c.words, id::next_verify_later, c.destination));
    return o;
}

}  // namespace decamp::pipeline
