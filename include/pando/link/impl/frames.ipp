// Frames to and from bytes. What is read is checked; lengths are compared with what is left.
#pragma once

#include <cstring>
#include <utility>

#include <pando/link/frames.hpp>
#include <pando/schema/wire.hpp>

namespace pando::frames {

PANDO_INLINE header read_header(char const* from) noexcept {
  return {wire::load<std::uint32_t>(from), wire::load<std::uint32_t>(from + 4),
          static_cast<kind>(from[8]), static_cast<std::uint8_t>(from[9]),
          wire::load<std::uint16_t>(from + 10)};
}

PANDO_INLINE writer::writer(buffer& out, kind what, std::uint32_t id, std::uint8_t flags,
                            std::uint16_t aux)
    : out_(out), begin_(out.size()) {
  char* const to = out.reserve(header_size);
  wire::store(to, std::uint32_t{0});
  wire::store(to + 4, id);
  to[8] = static_cast<char>(what);
  to[9] = static_cast<char>(flags);
  wire::store(to + 10, aux);
  out.commit(to + header_size);
}

PANDO_INLINE void writer::end() noexcept {
  wire::store(out_.data() + begin_, static_cast<std::uint32_t>(size()));
  is_done_ = true;
}

PANDO_INLINE void write_empty(buffer& out, kind what, std::uint32_t id, std::uint8_t flags) {
  writer(out, what, id, flags).end();
}

PANDO_INLINE void append_text(buffer& out, std::string_view text) {
  wire::append_varint(out, text.size());
  out.append(text);
}

PANDO_INLINE void append_failure(buffer& out, failure const& why) {
  out.append(static_cast<char>(why.code()));
  append_text(out, why.what());
  append_text(out, why.id());
  wire::append_varint(out, why.faults().list.size());
  for (auto const& fault : why.faults().list) {
    append_text(out, fault.path);
    append_text(out, fault.rule);
    append_text(out, fault.message);
  }
}

PANDO_INLINE void append_question(buffer& out, io_question const& question) {
  out.append(static_cast<char>(question.what));
  append_text(out, question.text);
  wire::append_varint(out, question.options.size());
  for (auto const& option : question.options) append_text(out, option);
}

PANDO_INLINE void append_reply(buffer& out, io_answer const& answer) {
  out.append(answer.cancelled ? '\1' : '\0');
  append_text(out, answer.text);
  wire::append_varint(out, answer.chosen.size());
  for (auto const place : answer.chosen) wire::append_varint(out, place);
}

PANDO_INLINE std::string_view reader::take(std::size_t size) {
  if (!is_whole_ || size > rest_.size()) {
    is_whole_ = false;
    return {};
  }
  auto const taken = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return taken;
}

PANDO_INLINE std::uint64_t reader::number() {
  char const* at = rest_.data();
  std::uint64_t value = 0;
  if (!is_whole_ || !wire::read_varint(at, rest_.data() + rest_.size(), value)) {
    is_whole_ = false;
    return 0;
  }
  rest_.remove_prefix(static_cast<std::size_t>(at - rest_.data()));
  return value;
}

PANDO_INLINE std::uint8_t reader::octet() {
  auto const one = take(1);
  return one.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(one.front());
}

PANDO_INLINE std::uint32_t reader::word() {
  auto const four = take(4);
  return four.empty() ? 0 : wire::load<std::uint32_t>(four.data());
}

PANDO_INLINE std::uint64_t reader::fingerprint() {
  auto const eight = take(8);
  return eight.empty() ? 0 : wire::load<std::uint64_t>(eight.data());
}

PANDO_INLINE std::string_view reader::text() {
  auto const size = number();
  if (size > rest_.size()) is_whole_ = false;
  return take(static_cast<std::size_t>(size));
}

PANDO_INLINE failure reader::read_failure() {
  auto const code = octet();
  if (code >= std::size(failure_rows)) is_whole_ = false;
  std::string what(text());
  std::string id(text());
  violations faults;
  for (auto count = number(); is_whole_ && count != 0; --count) {
    std::string path(text());
    auto const rule = text();
    std::string message(text());
    if (is_whole_) faults.add(std::move(path), rule, std::move(message));
  }
  if (!is_whole_) return failure(failure_code::internal, "the failure could not be read");
  return failure(static_cast<failure_code>(code), what, std::move(faults), std::move(id));
}

PANDO_INLINE io_question reader::read_question() {
  io_question question;
  auto const what = octet();
  if (what > static_cast<std::uint8_t>(io_question::kind::choose_many)) is_whole_ = false;
  question.what = static_cast<io_question::kind>(what);
  question.text = text();
  auto count = number();
  if (count > rest_.size()) is_whole_ = false;
  for (; is_whole_ && count != 0; --count) question.options.emplace_back(text());
  return question;
}

PANDO_INLINE io_answer reader::read_reply() {
  io_answer answer;
  answer.cancelled = octet() != 0;
  answer.text = text();
  auto count = number();
  if (count > rest_.size()) is_whole_ = false;
  for (; is_whole_ && count != 0; --count)
    answer.chosen.push_back(static_cast<std::size_t>(number()));
  return answer;
}

} // namespace pando::frames
