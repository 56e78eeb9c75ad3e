#pragma once
// The cloud's answers as values, parsed while they arrive (tests/unit/micloud/fixtures has one of each). A parser is
// fed until the body ends, then finish() is asked once, then its `answer`. Ids are text even where they are sent as
// numbers; unknown fields are passed over; of a key given twice the last counts. Pure; one thread. Errors:
// source_errc::unusable_answer, whose detail says what is wrong and quotes nothing.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/model/error.hpp"
#include "engine/model/item.hpp"
#include "engine/source/micloud/json_reader.hpp"

namespace decamp::source::micloud {

inline constexpr std::size_t page_byte_limit = std::size_t{64} << 20;    // a list page: thumbnails can be inline
inline constexpr std::size_t small_byte_limit = std::size_t{256} << 10;  // any other answer
inline constexpr std::size_t name_limit = 4096;                          // bytes kept of a name
inline constexpr std::size_t id_limit = 128;                             // bytes of an id; longer is unusable
inline constexpr std::size_t url_text_limit = 16384;                     // bytes of a URL; longer is unusable
inline constexpr std::size_t meta_limit = 65536;                         // bytes of a download's `meta`
inline constexpr std::size_t day_limit = 100000;                         // buckets of a timeline

// What every answer is wrapped in: {"result","code","retriable",...}, or the older {"R","D"}.
struct envelope {
    std::optional<std::int64_t> code;  // R where there is no code
    std::optional<bool> ok;            // result == "ok"
    std::optional<bool> retriable;
};

enum class verdict {
    ok,
    session,  // 401: the session is dead
    gone,     // 50050: the item was deleted
    error,    // may go better the next time
    final,    // an error the cloud says not to ask again about
};
verdict judge(const envelope& what);
inline constexpr std::int64_t code_session = 401, code_gone = 50050;

// Reads the envelope; what is within is its descendants' affair.
class answer_parser : private json_sink {
  public:
    answer_parser(const answer_parser&) = delete;
    answer_parser& operator=(const answer_parser&) = delete;
    ~answer_parser() override = default;

    bool feed(std::span<const std::byte> piece) { return reader_.feed(piece); }
    // Call once, at the body's end. When the verdict is ok, the answer is complete and usable.
    result<verdict> finish();
    // The same for what comes without an envelope, as a storage host's JSONP does; an error's envelope is still heeded.
    result<verdict> finish_bare();
    const envelope& wrapped() const { return envelope_; }

  protected:
    explicit answer_parser(std::size_t byte_limit) : reader_(*this, byte_limit) {}
    // Whatever was understood of "data" so far is void: another "data" begins.
    virtual void reset() {}
    // Empty: usable; else what is missing.
    virtual std::string_view flaw() const { return {}; }
    virtual std::size_t room(const json_path&) { return 0; }
    virtual bool value(const json_path&, std::string_view) { return true; }  // a string or a number
    virtual bool begin(const json_path&, json_kind) { return true; }
    virtual bool end(const json_path&, json_kind) { return true; }
    virtual bool boolean(const json_path&, bool) { return true; }
    virtual bool null(const json_path&) { return true; }

  private:
    bool on_begin(const json_path& at, json_kind kind) final;
    bool on_end(const json_path& at, json_kind kind) final { return end(at, kind); }
    std::size_t wanted(const json_path& at) final;
    bool on_text(const json_path& at, std::string_view text) final;
    bool on_number(const json_path& at, std::string_view text) final;
    bool on_bool(const json_path& at, bool value) final;
    bool on_null(const json_path& at) final { return null(at); }
    bool envelope_value(const json_path& at, std::string_view text);

    json_reader reader_;
    envelope envelope_;
    std::optional<std::int64_t> old_code_;
};

// An answer of which only the verdict counts.
class plain_parser final : public answer_parser {
  public:
    plain_parser() : answer_parser(small_byte_limit) {}
};

// An array of objects under data.KEY, null for empty.
class list_parser : public answer_parser {
  public:
    bool last_page() const { return last_page_; }
    bool says_more() const { return says_more_; }  // that it is not the last, in so many words

  protected:
    list_parser(std::string_view key, std::size_t item_limit, std::size_t byte_limit)
        : answer_parser(byte_limit), key_(key), item_limit_(item_limit) {}
    virtual void clear_items() = 0;
    virtual void begin_item() = 0;
    virtual bool end_item() = 0;  // false: unusable
    virtual std::size_t field_room(std::string_view key) = 0;
    virtual bool field(std::string_view key, std::string_view text) = 0;
    bool fail(std::string_view why) {
        flaw_ = why;
        return false;
    }

  private:
    void reset() final;
    std::string_view flaw() const final;
    std::size_t room(const json_path& at) final;
    bool value(const json_path& at, std::string_view text) final;
    bool begin(const json_path& at, json_kind kind) final;
    bool end(const json_path& at, json_kind kind) final;
    bool boolean(const json_path& at, bool value) final;
    bool null(const json_path& at) final;
    bool is_list(const json_path& at) const { return at.is({"data", key_}); }
    bool is_item(const json_path& at) const { return at.is({"data", key_, "*"}); }
    bool is_field(const json_path& at) const { return at.is({"data", key_, "*", at.key()}); }

    std::string_view key_;
    std::size_t item_limit_, items_ = 0;
    bool seen_ = false, last_page_ = false, says_more_ = false;
    std::string_view flaw_;
};

// GET /gallery/user/album/list
class album_list_parser final : public list_parser {
  public:
    explicit album_list_parser(std::size_t page_size, std::size_t byte_limit = page_byte_limit);
    std::vector<collection> albums;

  private:
    void clear_items() override { albums.clear(); }
    void begin_item() override { albums.emplace_back(); }
    bool end_item() override;
    std::size_t field_room(std::string_view key) override;
    bool field(std::string_view key, std::string_view text) override;
};

// GET /gallery/album/full: seen by one client. All albums, with items and bytes.
class full_list_parser final : public list_parser {
  public:
    explicit full_list_parser(std::size_t byte_limit = page_byte_limit);
    std::vector<collection> albums;
    std::uint64_t items = 0, bytes = 0;  // of all, no higher than they can be
    bool counted() const {
        return counted_ > 0 && counted_ == albums.size();
    }  // each of them says how many items it holds

  private:
    void clear_items() override;
    void begin_item() override { albums.emplace_back(); }
    bool end_item() override;
    std::size_t field_room(std::string_view key) override;
    bool field(std::string_view key, std::string_view text) override;

    std::size_t counted_ = 0;
    std::optional<std::uint64_t> bytes_;  // of the album that is read
};

struct gallery_item {
    listed_item listed;  // without bucket
    std::optional<std::int64_t> sort_ms, created_ms;
};

// GET /gallery/user/galleries
class gallery_parser final : public list_parser {
  public:
    explicit gallery_parser(std::size_t page_size, std::size_t byte_limit = page_byte_limit);
    std::vector<gallery_item> items;

  private:
    void clear_items() override { items.clear(); }
    void begin_item() override { items.emplace_back(); }
    bool end_item() override;
    std::size_t field_room(std::string_view key) override;
    bool field(std::string_view key, std::string_view text) override;
};

// GET /gallery/user/timeline
class timeline_parser final : public answer_parser {
  public:
    timeline_parser() : answer_parser(page_byte_limit) {}
    // Ascending. A bucket that is no day (none was seen so far) is kept under its own name.
    std::vector<bucket_count> days() const;

  private:
    void reset() override;
    std::string_view flaw() const override;
    std::size_t room(const json_path& at) override;
    bool value(const json_path& at, std::string_view text) override;
    bool begin(const json_path& at, json_kind kind) override;
    bool null(const json_path& at) override;

    std::vector<bucket_count> days_;  // as they came
    bool seen_ = false;
    std::string_view flaw_;
};

// GET /status/lite/alldetail: bytes of the gallery, as the quota counts them.
class quota_parser final : public answer_parser {
  public:
    quota_parser() : answer_parser(small_byte_limit) {}
    std::optional<std::uint64_t> gallery_bytes;

  private:
    void reset() override { gallery_bytes.reset(); }
    std::size_t room(const json_path& at) override;
    bool value(const json_path& at, std::string_view text) override;
};

// GET /gallery/storage, and what stands within the JSONP of a storage host: where the bytes are.
class storage_parser final : public answer_parser {
  public:
    storage_parser() : answer_parser(small_byte_limit) {}
    std::string url, meta;  // empty: not there

  private:
    void reset() override;
    std::string_view flaw() const override { return url.empty() ? "no URL in it" : std::string_view(); }
    std::size_t room(const json_path& at) override;
    bool value(const json_path& at, std::string_view text) override;
};

// Answers of which one string is wanted: GET /api/user/login (loginUrl), GET /mic/keybag/v1/getEncInfo (e2eeStatus),
// GET /status/lite/profile (nickname).
class one_text_parser final : public answer_parser {
  public:
    one_text_parser(std::string_view key, std::size_t limit, bool required)
        : answer_parser(small_byte_limit), key_(key), limit_(limit), required_(required) {}
    std::string text;

  private:
    void reset() override { text.clear(); }
    std::string_view flaw() const override {
        return required_ && text.empty() ? "the field asked for is missing" : std::string_view();
    }
    std::size_t room(const json_path& at) override { return at.is({"data", key_}) ? limit_ + 1 : 0; }
    bool value(const json_path& at, std::string_view value) override;

    std::string_view key_;
    std::size_t limit_;
    bool required_;
};

}  // namespace decamp::source::micloud
