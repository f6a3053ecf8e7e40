// Answers: the scan for the end of a head, Beast's grammar of heads, and where a body ends.
#pragma once

#include <algorithm>
#include <cstring>
#include <limits>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>

#include <pando/http/detail/response_reader.hpp>
#include <pando/http/headers.hpp>

namespace pando::http::detail {

/// Takes what Beast finds in one whole head of an answer.
class answer_sink final : public boost::beast::http::basic_parser<false> {
  using view = boost::beast::string_view;
  using code = boost::beast::error_code;

 public:
  explicit answer_sink(std::string& content_type) : content_type_(content_type) {}
  int status = 0;
  bool has_unknown_coding = false;

 private:
  void on_request_impl(boost::beast::http::verb, view, view, int, code&) override {}
  void on_response_impl(int is, view, int, code&) override { status = is; }
  void on_field_impl(boost::beast::http::field name, view, view value, code&) override {
    using boost::beast::http::field;
    if (name == field::content_type) content_type_.assign(value.data(), value.size());
    if (name == field::transfer_encoding && !same_name({value.data(), value.size()}, "chunked"))
      has_unknown_coding = true;
  }
  void on_header_impl(code&) override {}
  void on_body_init_impl(boost::optional<std::uint64_t> const&, code&) override {}
  std::size_t on_body_impl(view, code&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, view, code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, view, code&) override { return 0; }
  void on_finish_impl(code&) override {}

  std::string& content_type_;
};

PANDO_INLINE void response_reader::restart(bool to_head) noexcept {
  content_type_.clear();
  scanned_ = line_at_ = left_ = limit_ = decoded_ = end_ = 0;
  status_ = interim_ = 0;
  how_ = framing::none;
  to_head_ = to_head;
  keep_alive_ = false;
  so_far_ = result::incomplete;
}

PANDO_INLINE response_reader::result response_reader::read_head(buffer& in) {
  for (;;) {
    std::size_t size = 0;
    if (auto const found = find_head(in, size); found != result::complete) return found;
    if (auto const taken = take_head(in, size); taken != result::complete) return taken;
    if (status_ >= 200) return result::complete;
    // 101 would be the answer to a wish that is never sent.
    if (status_ == 101 || ++interim_ > interim_limit) return result::malformed;
  }
}

/// Finds the empty line behind a head; refuses early what cannot become one.
PANDO_INLINE response_reader::result response_reader::find_head(buffer const& in,
                                                                std::size_t& size) noexcept {
  constexpr std::string_view begin = "HTTP/1.";
  auto const* const data = in.data();
  auto const seen = std::min(in.size(), begin.size());
  if (in.view().substr(0, seen) != begin.substr(0, seen)) return result::malformed;
  while (scanned_ < in.size()) {
    auto const* const feed =
        static_cast<char const*>(std::memchr(data + scanned_, '\n', in.size() - scanned_));
    if (feed == nullptr) {
      scanned_ = in.size();
      break;
    }
    auto const at = static_cast<std::size_t>(feed - data);
    if (at == line_at_ || data[at - 1] != '\r') return result::malformed;
    bool const is_empty = at - line_at_ == 1;
    scanned_ = line_at_ = at + 1;
    if (line_at_ > head_limit) return result::too_large;
    if (!is_empty) continue;
    size = line_at_;
    scanned_ = line_at_ = 0;
    return result::complete;
  }
  return in.size() > head_limit ? result::too_large : result::incomplete;
}

PANDO_INLINE response_reader::result response_reader::take_head(buffer& in, std::size_t size) {
  content_type_.clear();
  answer_sink sink(content_type_);
  sink.header_limit((std::numeric_limits<std::uint32_t>::max)());
  sink.body_limit(boost::none);
  sink.skip(to_head_);
  boost::beast::error_code error;
  auto const taken = sink.put(boost::asio::const_buffer(in.data(), size), error);
  if (error || taken != size || !sink.is_header_done()) return result::malformed;
  status_ = sink.status;
  if (status_ < 100 || status_ > 999 || sink.has_unknown_coding) return result::malformed;
  keep_alive_ = sink.keep_alive();
  auto const length = sink.content_length();
  if (to_head_ || status_ < 200 || status_ == 204 || status_ == 304) {
    how_ = framing::none;
  } else if (sink.chunked()) {
    how_ = framing::chunked;
  } else if (length) {
    how_ = framing::sized;
    if (*length > (std::numeric_limits<std::size_t>::max)() / 2) return result::too_large;
    left_ = static_cast<std::size_t>(*length);
  } else {
    how_ = framing::to_end;
    keep_alive_ = false;
  }
  in.consume(size);
  return result::complete;
}

PANDO_INLINE void response_reader::begin_body(std::size_t limit) noexcept {
  limit_ = limit;
  if (how_ == framing::chunked) chunks_.restart(limit, head_limit);
}

PANDO_INLINE response_reader::result response_reader::read_body(buffer& in) noexcept {
  if (so_far_ == result::incomplete) so_far_ = look_at_body(in);
  return so_far_;
}

PANDO_INLINE response_reader::result response_reader::look_at_body(buffer& in) noexcept {
  switch (how_) {
  case framing::none: return result::complete;
  case framing::sized:
    if (left_ > limit_) return result::too_large;
    decoded_ = std::min(in.size(), left_);
    end_ = left_;
    return decoded_ == left_ ? result::complete : result::incomplete;
  case framing::to_end:
    decoded_ = in.size();
    return decoded_ > limit_ ? result::too_large : result::incomplete;
  case framing::chunked: break;
  }
  auto const found = chunks_.decode(in.data(), in.size());
  decoded_ = chunks_.decoded();
  end_ = chunks_.end();
  switch (found) {
  case chunk_decoder::result::malformed: return result::malformed;
  case chunk_decoder::result::too_large: return result::too_large;
  case chunk_decoder::result::incomplete: in.truncate(decoded_); return result::incomplete;
  case chunk_decoder::result::complete: break;
  }
  return result::complete;
}

PANDO_INLINE response_reader::result response_reader::end_of_input() const noexcept {
  return so_far_ == result::complete || how_ == framing::to_end ? result::complete
                                                                : result::incomplete;
}

PANDO_INLINE void response_reader::drop(buffer& in, std::size_t count) noexcept {
  in.consume(count);
  decoded_ -= count;
  if (so_far_ == result::complete) end_ -= count;
  if (how_ == framing::sized) left_ -= count;
  if (how_ == framing::chunked && so_far_ == result::incomplete) chunks_.forget(count);
}

} // namespace pando::http::detail
