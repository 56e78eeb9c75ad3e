#pragma once

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "tools/samplecloud/scenario.hpp"

namespace decamp::samplecloud {

template <class Enum>
struct named_value {
    std::string_view name;
    Enum value;
};

template <class Enum, std::size_t N>
using name_table = std::array<named_value<Enum>, N>;

[[noreturn]] inline void fail(const std::string& where, const std::string& what) {
    throw scenario_error("scenario: " + where + ": " + what);
}

/// Reads one object key by key and, at the end, refuses keys that nobody asked for: a mistyped switch must not pass.
class object_reader {
  public:
    object_reader(const boost::json::value& value, std::string where) : where_(std::move(where)) {
        if (!value.is_object()) fail(where_, "an object is wanted");
        object_ = &value.get_object();
    }

    const boost::json::value* find(std::string_view key) {
        seen_.insert(std::string(key));
        return object_->if_contains(key);
    }

    std::string path(std::string_view key) const { return where_ + "." + std::string(key); }

    template <class Integer>
    void number(std::string_view key, Integer& target) {
        const boost::json::value* value = find(key);
        if (value == nullptr) return;
        if (value->is_int64()) {
            const auto number = value->get_int64();
            if (std::in_range<Integer>(number)) {
                target = static_cast<Integer>(number);
                return;
            }
        } else if (value->is_uint64() && std::in_range<Integer>(value->get_uint64())) {
            target = static_cast<Integer>(value->get_uint64());
            return;
        }
        fail(path(key), "a whole number in range is wanted");
    }

    void percent(std::string_view key, unsigned& target) {
        number(key, target);
        if (target > 100) fail(path(key), "0 to 100 is wanted");
    }

    void boolean(std::string_view key, bool& target) {
        const boost::json::value* value = find(key);
        if (value == nullptr) return;
        if (!value->is_bool()) fail(path(key), "true or false is wanted");
        target = value->get_bool();
    }

    void text(std::string_view key, std::string& target) {
        const boost::json::value* value = find(key);
        if (value == nullptr) return;
        if (!value->is_string()) fail(path(key), "a string is wanted");
        target = std::string(value->get_string());
    }

    template <class Enum, std::size_t N>
    void choice(std::string_view key, const name_table<Enum, N>& table, Enum& target) {
        const boost::json::value* value = find(key);
        if (value == nullptr) return;
        if (value->is_string()) {
            for (const auto& entry : table) {
                if (entry.name == std::string_view(value->get_string())) {
                    target = entry.value;
                    return;
                }
            }
        }
        std::string names;
        for (const auto& entry : table) names += (names.empty() ? "" : ", ") + std::string(entry.name);
        fail(path(key), "one of " + names + " is wanted");
    }

    void which(std::string_view key, selector& target) {
        const boost::json::value* value = find(key);
        if (value == nullptr) return;
        target = selector{};
        if (value->is_array()) {
            indices(value->get_array(), path(key), target);
        } else if (value->is_object()) {
            object_reader inner(*value, path(key));
            inner.selection(target);
            inner.finish();
        } else {
            number(key, target.per_mille);
        }
        check(target, path(key));
    }

    /// The keys "per_mille" and "items" of this very object.
    void selection(selector& target) {
        number("per_mille", target.per_mille);
        if (const boost::json::value* items = find("items")) {
            if (!items->is_array()) fail(path("items"), "a list of item numbers is wanted");
            indices(items->get_array(), path("items"), target);
        }
        check(target, where_);
    }

    void finish() const {
        for (const auto& entry : *object_) {
            if (!seen_.contains(std::string(entry.key()))) fail(path(entry.key()), "unknown key");
        }
    }

  private:
    static void indices(const boost::json::array& list, const std::string& where, selector& target) {
        target.items.clear();
        for (const auto& entry : list) {
            if (!entry.is_int64() || entry.get_int64() < 0) fail(where, "item numbers from 0 are wanted");
            target.items.push_back(static_cast<std::uint64_t>(entry.get_int64()));
        }
        std::sort(target.items.begin(), target.items.end());
    }

    static void check(const selector& target, const std::string& where) {
        if (target.per_mille > 1000) fail(where, "per_mille is 0 to 1000");
    }

    const boost::json::object* object_ = nullptr;
    std::string where_;
    std::set<std::string> seen_;
};

}  // namespace decamp::samplecloud
