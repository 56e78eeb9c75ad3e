#pragma once
// Control characters in a list's XML. XML 1.0 has none, neither as bytes nor as references (&#x1;), and services write
// them all the same, for keys that hold them: then one key would make the whole list unreadable. They are put into XML
// as the 32 characters U+FDD0 to U+FDEF, which Unicode keeps for a program's own use, and taken out again behind the
// parser. Pure; bounded memory.

#include <string>
#include <string_view>

namespace decamp::source::s3 {

class xml_controls {
  public:
    // What of the document can be handed on by now.
    std::string take(std::string_view piece);
    // What was held back at its end.
    std::string rest();
    // In a text of the document: controls again. Those that stood for themselves stay what they are, as long as the
    // document had no controls.
    void restore(std::string& text) const;

  private:
    void put(std::string& out, unsigned char control);

    std::string held_;  // a reference that is not whole yet
    bool begun_ = false, off_ = false, replaced_ = false;
};

}  // namespace decamp::source::s3
