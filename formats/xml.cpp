#include "formats/xml.hpp"

#include <expat.h>

#include <limits>
#include <new>

namespace decamp::formats {

namespace {

constexpr char separator = '|';
constexpr std::size_t feed_at_once = std::size_t{1} << 20;  // Expat counts in int

}  // namespace

struct xml_reader::impl {
    impl(xml_handler& handler, xml_limits most)
        : to(handler), limits(most), parser(XML_ParserCreateNS(nullptr, separator)) {
        if (parser == nullptr) throw std::bad_alloc();
        XML_SetUserData(parser, this);
        XML_SetElementHandler(parser, open, close);
        XML_SetCharacterDataHandler(parser, text);
        XML_SetStartDoctypeDeclHandler(parser, doctype);
    }
    ~impl() { XML_ParserFree(parser); }
    impl(const impl&) = delete;
    impl& operator=(const impl&) = delete;

    void refuse(const char* reason) {
        if (why.empty()) why = reason;
        XML_StopParser(parser, XML_FALSE);
    }

    static impl& of(void* data) { return *static_cast<impl*>(data); }

    static void XMLCALL open(void* data, const XML_Char* name, const XML_Char** attributes) {
        impl& self = of(data);
        if (!self.why.empty()) return;
        if (self.texts.size() >= self.limits.depth) return self.refuse("elements within elements beyond the limit");
        self.texts.emplace_back();
        xml_attributes list;
        for (; *attributes != nullptr; attributes += 2) {
            if (list.size() >= self.limits.attributes) return self.refuse("too many attributes");
            list.emplace_back(attributes[0], attributes[1]);
        }
        self.to.on_open(name, list);
    }

    static void XMLCALL close(void* data, const XML_Char* name) {
        impl& self = of(data);
        if (!self.why.empty() || self.texts.empty()) return;
        std::string text = std::move(self.texts.back());
        self.texts.pop_back();
        self.to.on_close(name, std::move(text));
    }

    static void XMLCALL text(void* data, const XML_Char* bytes, int size) {
        impl& self = of(data);
        if (!self.why.empty() || self.texts.empty()) return;
        std::string& into = self.texts.back();
        if (into.size() + static_cast<std::size_t>(size) > self.limits.text)
            return self.refuse("a text beyond the limit");
        into.append(bytes, static_cast<std::size_t>(size));
    }

    static void XMLCALL doctype(void* data, const XML_Char*, const XML_Char*, const XML_Char*, int) {
        of(data).refuse("a document type, where none belongs");
    }

    bool parse(std::string_view bytes, bool last) {
        if (!why.empty()) return false;
        if (XML_Parse(parser, bytes.data(), static_cast<int>(bytes.size()), last ? 1 : 0) == XML_STATUS_OK &&
            why.empty())
            return true;
        if (XML_GetErrorCode(parser) == XML_ERROR_NO_MEMORY) throw std::bad_alloc();
        if (why.empty()) why = XML_ErrorString(XML_GetErrorCode(parser));
        return false;
    }

    xml_handler& to;
    xml_limits limits;
    XML_Parser parser;
    std::vector<std::string> texts;  // of the elements that are open
    std::string why;
};

xml_reader::xml_reader(xml_handler& to, xml_limits limits) : impl_(std::make_unique<impl>(to, limits)) {}
xml_reader::~xml_reader() = default;

bool xml_reader::feed(std::string_view bytes) {
    while (bytes.size() > feed_at_once) {
        if (!impl_->parse(bytes.substr(0, feed_at_once), false)) return false;
        bytes.remove_prefix(feed_at_once);
    }
    return impl_->parse(bytes, false);
}

bool xml_reader::finish() {
    return impl_->parse({}, true);
}

const std::string& xml_reader::why() const {
    return impl_->why;
}

std::uint64_t xml_reader::tag_begin() const {
    const XML_Index at = XML_GetCurrentByteIndex(impl_->parser);
    return at < 0 ? 0 : static_cast<std::uint64_t>(at);
}

std::uint64_t xml_reader::tag_end() const {
    const int bytes = XML_GetCurrentByteCount(impl_->parser);
    return tag_begin() + (bytes < 0 ? 0U : static_cast<std::uint64_t>(bytes));
}

std::string_view xml_local_name(std::string_view name) {
    const auto bar = name.rfind(separator);
    return bar == std::string_view::npos ? name : name.substr(bar + 1);
}

}  // namespace decamp::formats
