#include "engine/source/micloud/json_reader.hpp"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>

#include "engine/source/micloud/surrogate_filter.hpp"
#include "formats/unicode.hpp"

namespace decamp::source::micloud {

namespace json = boost::json;

bool json_path::is(std::initializer_list<std::string_view> keys) const {
    return keys.size() == depth_ && std::equal(keys.begin(), keys.end(), steps_.begin());
}

std::string_view to_string(json_fault fault) {
    switch (fault) {
        case json_fault::none:
            return "fine";
        case json_fault::syntax:
            return "not JSON";
        case json_fault::not_json:
            return "something other than JSON";
        case json_fault::incomplete:
            return "JSON cut short";
        case json_fault::too_large:
            return "longer than any page may be";
        case json_fault::refused:
            return "JSON beyond a limit";
    }
    return "unknown";
}

// What basic_parser calls. Its size limits are counts of the whole value; ours are kept here instead, because a value
// nobody wants may be of any length within the page's limit.
class json_handler {
  public:
    static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

    explicit json_handler(json_sink& sink) : sink_(sink) {}

    bool on_document_begin(json::error_code&) { return true; }
    bool on_document_end(json::error_code&) { return true; }
    bool on_object_begin(json::error_code& ec) { return begin(json_kind::object, ec); }
    bool on_object_end(std::size_t, json::error_code& ec) { return end(json_kind::object, ec); }
    bool on_array_begin(json::error_code& ec) { return begin(json_kind::array, ec); }
    bool on_array_end(std::size_t, json::error_code& ec) { return end(json_kind::array, ec); }

    bool on_key_part(json::string_view s, std::size_t, json::error_code&) {
        append_key(s);
        return true;
    }
    bool on_key(json::string_view s, std::size_t n, json::error_code&) {
        append_key(s);
        // An overlong key, and one that looks like our mark of an array's element, can never be asked for.
        if (n > json_key_limit || key_ == "*") key_ = "\x01";
        path_.steps_[path_.depth_ - 1] = key_;
        key_.clear();
        return true;
    }

    bool on_string_part(json::string_view s, std::size_t, json::error_code&) {
        append_text(s);
        return true;
    }
    bool on_string(json::string_view s, std::size_t n, json::error_code& ec) {
        append_text(s);
        const std::size_t room = room_;
        in_string_ = false;
        if (room == 0) return true;
        if (n > room) drop_partial_character();
        return answer(sink_.on_text(path_, formats::is_valid_utf8(text_) ? text_ : formats::to_valid_utf8(text_)), ec);
    }

    bool on_number_part(json::string_view s, json::error_code& ec) {
        number_.append(s.data(), s.size());
        return answer(number_.size() <= json_number_limit, ec);
    }
    bool on_int64(std::int64_t, json::string_view s, json::error_code& ec) { return number(s, ec); }
    bool on_uint64(std::uint64_t, json::string_view s, json::error_code& ec) { return number(s, ec); }
    bool on_double(double, json::string_view s, json::error_code& ec) { return number(s, ec); }
    bool on_bool(bool value, json::error_code& ec) { return answer(sink_.on_bool(path_, value), ec); }
    bool on_null(json::error_code& ec) { return answer(sink_.on_null(path_), ec); }
    bool on_comment_part(json::string_view, json::error_code&) { return true; }
    bool on_comment(json::string_view, json::error_code&) { return true; }

    bool refused() const { return refused_; }

  private:
    bool answer(bool good, json::error_code& ec) {
        if (good) return true;
        refused_ = true;
        ec = make_error_code(json::error::exception);  // any will do: refused_ tells
        return false;
    }
    bool begin(json_kind kind, json::error_code& ec) {
        if (path_.depth_ >= json_depth_limit) return answer(false, ec);
        if (!answer(sink_.on_begin(path_, kind), ec)) return false;
        path_.steps_[path_.depth_++] = kind == json_kind::array ? "*" : "";
        return true;
    }
    bool end(json_kind kind, json::error_code& ec) {
        --path_.depth_;
        return answer(sink_.on_end(path_, kind), ec);
    }
    void append_key(json::string_view s) {
        const std::size_t room = json_key_limit - std::min(json_key_limit, key_.size());
        key_.append(s.data(), std::min(room, s.size()));
    }
    void append_text(json::string_view s) {
        if (!in_string_) {
            in_string_ = true;
            text_.clear();
            room_ = sink_.wanted(path_);
        }
        const std::size_t room = room_ - std::min(room_, text_.size());
        text_.append(s.data(), std::min(room, s.size()));
    }
    void drop_partial_character() {
        std::size_t tail = 0;
        while (tail < 4 && tail < text_.size() &&
               (static_cast<unsigned char>(text_[text_.size() - 1 - tail]) & 0xc0) == 0x80)
            ++tail;
        if (tail < text_.size()) ++tail;
        const std::size_t start = text_.size() - tail;
        const auto step = tail == 0 ? formats::utf8_step{0, 0, true} : formats::decode_utf8(text_, start);
        if (!step.valid) text_.resize(start);
    }
    bool number(json::string_view s, json::error_code& ec) {
        number_.append(s.data(), s.size());
        const bool good = number_.size() <= json_number_limit && sink_.on_number(path_, number_);
        number_.clear();
        return answer(good, ec);
    }

    json_sink& sink_;
    json_path path_;
    std::string key_, text_, number_;
    std::size_t room_ = 0;  // bytes wanted of the string being read
    bool in_string_ = false;
    bool refused_ = false;
};

struct json_reader::impl {
    impl(json_sink& sink, std::size_t limit) : parser(options(), sink), room(limit) {}

    static json::parse_options options() {
        json::parse_options out;
        out.max_depth = json_depth_limit;
        out.allow_invalid_utf8 = true;  // repaired where a string is kept
        return out;
    }

    bool parse(std::string_view text) {
        if (!begun) {
            while (!text.empty() && bom < 3 && text.front() == "\xef\xbb\xbf"[bom]) {
                text.remove_prefix(1);
                ++bom;
            }
            const std::size_t first = text.find_first_not_of(" \t\r\n");
            if (first == std::string_view::npos) return true;
            begun = true;
            if ((bom != 0 && bom != 3) || (text[first] != '{' && text[first] != '[')) {
                fault = json_fault::not_json;
                return false;
            }
        }
        json::error_code ec;
        const std::size_t used = parser.write_some(true, text.data(), text.size(), ec);
        // After a whole document the parser would begin a new one: what is left over is never fed again.
        if (ec || used < text.size()) fault = parser.handler().refused() ? json_fault::refused : json_fault::syntax;
        if (ec == json::error::too_deep) fault = json_fault::refused;
        return fault == json_fault::none;
    }

    json::basic_parser<json_handler> parser;
    surrogate_filter filter;
    std::size_t room;
    std::size_t bom = 0;
    bool begun = false;
    json_fault fault = json_fault::none;
};

json_reader::json_reader(json_sink& sink, std::size_t byte_limit) : impl_(std::make_unique<impl>(sink, byte_limit)) {}
json_reader::~json_reader() = default;
json_reader::json_reader(json_reader&&) noexcept = default;

bool json_reader::feed(std::span<const std::byte> piece) {
    if (impl_->fault != json_fault::none) return false;
    if (piece.size() > impl_->room) {
        impl_->fault = json_fault::too_large;
        return false;
    }
    impl_->room -= piece.size();
    const std::string_view text(reinterpret_cast<const char*>(piece.data()), piece.size());
    return impl_->filter.feed(text, [this](std::string_view part) { return impl_->parse(part); });
}

bool json_reader::finish() {
    if (impl_->fault != json_fault::none) return false;
    if (!impl_->filter.finish([this](std::string_view part) { return impl_->parse(part); })) return false;
    json::error_code ec;
    if (impl_->begun) impl_->parser.write_some(false, "", 0, ec);
    if (ec || !impl_->begun) impl_->fault = json_fault::incomplete;
    return impl_->fault == json_fault::none;
}

json_fault json_reader::fault() const {
    return impl_->fault;
}

}  // namespace decamp::source::micloud
