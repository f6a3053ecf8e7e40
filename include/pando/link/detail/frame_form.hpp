// The forms in which requests, answers, errors and items stand in frames.
#pragma once

#include <cstdint>
#include <string_view>

#include <pando/schema/binary.hpp>
#include <pando/schema/buffer.hpp>
#include <pando/schema/type.hpp>
#include <pando/schema/violation.hpp>

namespace pando::detail {

/// `by_name` is JSON of a call by its name, whose errors tell theirs.
enum class frame_form : std::uint8_t { positional, tagged, json, by_name };

constexpr binary::form binary_form(frame_form form) noexcept {
  return form == frame_form::tagged ? binary::form::tagged : binary::form::positional;
}

/// JSON for a client that may be told to speak it, so that no other one has it in its program.
struct json_codec {
  /// What the other side does not know is passed over, and rules are not asked.
  bool (*decode)(std::string_view text, schema::type const& type, void* into, violations& faults);
  void (*encode)(schema::type const& type, void const* value, buffer& out);
};

} // namespace pando::detail
