// Requests: the line scan, Beast's grammar of heads, and the rules of where a request ends.
#pragma once

#include <charconv>
#include <cstring>
#include <limits>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>

#include <pando/http/detail/characters.hpp>
#include <pando/http/detail/parser.hpp>
#include <pando/meta/sequence.hpp>

namespace pando::http::detail {

inline std::string_view std_view(boost::beast::string_view text) noexcept {
  return {text.data(), text.size()};
}

/// Takes what Beast finds in one whole head. It keeps the first fault that Beast does not see.
class head_sink final : public boost::beast::http::basic_parser<true> {
  using view = boost::beast::string_view;
  using code = boost::beast::error_code;

 public:
  head_sink(request& into, pando::detail::sequence<header>& lines) : into_(into), lines_(lines) {}

  bool is_chunked = false;
  bool has_length = false;
  bool expects_continue = false;
  std::size_t hosts = 0;
  std::uint64_t length = 0;
  refusal fault;

 private:
  void refuse(int status, std::string_view reason) {
    if (fault.status == 0) fault = {status, reason};
  }

  void on_request_impl(boost::beast::http::verb, view method, view target, int version,
                       code&) override {
    into_.method = std_view(method);
    into_.target = std_view(target);
    into_.is_http_1_0 = version == 10;
  }
  void on_field_impl(boost::beast::http::field name, view text, view value, code&) override {
    lines_.push_back({std_view(text), std_view(value)});
    using boost::beast::http::field;
    switch (name) {
    case field::host:
      take_host(lines_.back().value);
      return;
    case field::content_length:
      take_length(lines_.back().value);
      return;
    case field::transfer_encoding:
      take_coding(lines_.back().value);
      return;
    case field::expect:
      take_expectation(lines_.back().value);
      return;
    default:
      return;
    }
  }
  void on_response_impl(int, view, int, code&) override {}
  void on_header_impl(code&) override {}
  void on_body_init_impl(boost::optional<std::uint64_t> const&, code&) override {}
  std::size_t on_body_impl(view, code&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, view, code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, view, code&) override { return 0; }
  void on_finish_impl(code&) override {}

  void take_host(std::string_view value) {
    if (++hosts > 1) refuse(400, "more than one Host");
    for (char const c : value) {
      if (!is_host_text(c)) refuse(400, "the Host is not one");
    }
  }
  void take_length(std::string_view value) {
    if (has_length) refuse(400, "more than one Content-Length");
    has_length = true;
    auto const* const end = value.data() + value.size();
    auto const [read, error] = std::from_chars(value.data(), end, length);
    if (error == std::errc::result_out_of_range)
      refuse(413, "the body is too large");
    else if (error != std::errc{} || read != end)
      refuse(400, "the Content-Length is not a number");
  }
  void take_coding(std::string_view value) {
    if (is_chunked) refuse(400, "more than one Transfer-Encoding");
    is_chunked = true;
    if (!same_name(value, "chunked")) refuse(501, "the only transfer coding known is chunked");
  }
  void take_expectation(std::string_view value) {
    if (same_name(value, "100-continue"))
      expects_continue = true;
    else
      refuse(417, "the only expectation known is 100-continue");
  }

  request& into_;
  pando::detail::sequence<header>& lines_;
};

/// What Beast's error means to the peer. Its limits are set so high that ours come first.
inline refusal explain_beast(boost::beast::error_code const& code, std::string_view head) noexcept {
  using boost::beast::http::error;
  if (code == error::bad_version) {
    // A well-formed version that is not 1.0 or 1.1 is not a fault of the grammar.
    auto const line = head.substr(0, head.find('\r'));
    auto const at = line.find(' ', line.find(' ') + 1);
    auto const version = at == line.npos ? std::string_view{} : line.substr(at + 1);
    bool const well_formed = version.size() == 8 && version.starts_with("HTTP/") &&
                             is_digit(version[5]) && version[6] == '.' && is_digit(version[7]);
    if (well_formed) return {505, "only HTTP/1.1 and HTTP/1.0 are spoken here"};
    return {400, "the request line is malformed"};
  }
  if (code == error::bad_method || code == error::bad_target)
    return {400, "the request line is malformed"};
  if (code == error::bad_content_length || code == error::multiple_content_length)
    return {400, "the Content-Length is malformed or given twice"};
  if (code == error::bad_transfer_encoding)
    return {400, "the Transfer-Encoding is malformed, or a Content-Length is there too"};
  return {400, "a header is malformed"};
}

PANDO_INLINE void request_parser::next() noexcept {
  message_ = request{};
  lines_.clear();
  refusal_ = refusal{};
  seen_ = nullptr;
  scanned_ = line_at_ = head_at_ = line_count_ = body_at_ = body_size_ = used_ = 0;
  phase_ = phase::head;
  expects_continue_ = false;
}

PANDO_INLINE request_parser::result request_parser::refuse(int status,
                                                           std::string_view reason) noexcept {
  refusal_ = {status, reason};
  return result::refused;
}

PANDO_INLINE request_parser::result request_parser::parse(char* data, std::size_t& size) {
  if (phase_ == phase::head) {
    seen_ = data;
    if (auto const found = scan_head(data, size); found != result::complete) return found;
    if (auto const judged = parse_head(data); judged != result::complete) return judged;
  }
  if (seen_ != data) follow(data);
  return parse_body(data, size);
}

/// Finds the end of the head. Every line ends in CRLF, none is folded, and the limits are kept
/// before anything is looked at more closely.
PANDO_INLINE request_parser::result request_parser::scan_head(char const* data,
                                                              std::size_t size) noexcept {
  while (scanned_ < size) {
    auto const* const feed =
        static_cast<char const*>(std::memchr(data + scanned_, '\n', size - scanned_));
    if (feed == nullptr) {
      scanned_ = size;
      break;
    }
    auto const end = static_cast<std::size_t>(feed - data);
    if (auto const judged = judge_line(data, end); judged == result::refused) return judged;
    bool const empty = end - line_at_ == 1;
    scanned_ = line_at_ = end + 1;
    if (!empty) {
      ++line_count_;
    } else if (line_count_ == 0) { // one empty line may come before a request (RFC 9112, 2.2)
      if (head_at_ != 0) return refuse(400, "a request begins with empty lines");
      head_at_ = line_at_;
    } else {
      body_at_ = line_at_;
      return result::complete;
    }
  }
  return judge_so_far(data, size);
}

PANDO_INLINE request_parser::result request_parser::judge_line(char const* data,
                                                               std::size_t end) noexcept {
  if (auto const judged = judge_so_far(data, end + 1); judged == result::refused) return judged;
  if (end == line_at_ || data[end - 1] != '\r') return refuse(400, "a line does not end in CRLF");
  if (line_count_ > limits_.header_count && end - line_at_ > 1)
    return refuse(431, "there are too many headers");
  return result::incomplete;
}

/// What can be said of a line before its end is there, so that no one waits for it in vain. `size`:
/// how much of the request there is, up to the line's end at most.
PANDO_INLINE request_parser::result request_parser::judge_so_far(char const* data,
                                                                 std::size_t size) noexcept {
  if (size == line_at_) return result::incomplete;
  char const first = data[line_at_];
  if (line_count_ == 0) {
    constexpr std::size_t around_target = 64; // the method, the version and the spaces
    if (first != '\r' && !is_token(first)) return refuse(400, "this is not an HTTP request");
    if (size - line_at_ > limits_.target_bytes + around_target)
      return refuse(414, "the target is too long");
  } else if (first == ' ' || first == '\t') {
    return refuse(400, "a header is folded over lines");
  }
  if (size - head_at_ > limits_.head_bytes) return refuse(431, "the headers are too large");
  return result::incomplete;
}

PANDO_INLINE request_parser::result request_parser::parse_head(char* data) {
  head_sink sink(message_, lines_);
  sink.header_limit((std::numeric_limits<std::uint32_t>::max)());
  sink.body_limit((std::numeric_limits<std::uint64_t>::max)());
  std::string_view const head(data + head_at_, body_at_ - head_at_);
  boost::beast::error_code error;
  auto const taken = sink.put(boost::asio::const_buffer(head.data(), head.size()), error);
  if (sink.fault.status != 0) return refuse(sink.fault.status, sink.fault.reason);
  if (error) {
    refusal_ = explain_beast(error, head);
    return result::refused;
  }
  if (taken != head.size()) return refuse(400, "a header is malformed");
  message_.headers = http::headers(lines_);
  message_.keep_alive = sink.keep_alive();
  message_.has_body = sink.is_chunked || sink.has_length;
  expects_continue_ = sink.expects_continue && !message_.is_http_1_0;
  if (message_.target.size() > limits_.target_bytes) return refuse(414, "the target is too long");
  if (message_.method == "CONNECT") return refuse(501, "this is not a proxy");
  if (sink.hosts == 0 && !message_.is_http_1_0) return refuse(400, "the Host is missing");
  if (!split_target()) return refuse(400, "the target is malformed");
  if (sink.is_chunked && sink.has_length)
    return refuse(400, "both a Content-Length and a Transfer-Encoding");
  if (sink.is_chunked && message_.is_http_1_0)
    return refuse(400, "HTTP/1.0 has no transfer codings");
  if (sink.length > limits_.body_bytes) return refuse(413, "the body is too large");
  if (sink.is_chunked) chunks_.restart(limits_.body_bytes, limits_.head_bytes);
  phase_ = sink.is_chunked ? phase::chunked_body : phase::sized_body;
  body_size_ = static_cast<std::size_t>(sink.length);
  return result::complete;
}

/// Origin form, absolute form, or the asterisk of OPTIONS (RFC 9112, 3.2).
PANDO_INLINE bool request_parser::split_target() noexcept {
  std::string_view rest = message_.target;
  if (rest.find('#') != rest.npos) return false;
  if (rest == "*") {
    message_.path = rest;
    return message_.method == "OPTIONS";
  }
  if (rest.front() != '/') {
    auto const scheme = rest.find("://");
    if (scheme == rest.npos) return false;
    auto const name = rest.substr(0, scheme);
    if (!same_name(name, "http") && !same_name(name, "https")) return false;
    rest.remove_prefix(scheme + 3);
    auto const authority = rest.substr(0, rest.find_first_of("/?"));
    if (authority.empty()) return false;
    for (char const c : authority) {
      if (!is_host_text(c)) return false;
    }
    rest.remove_prefix(authority.size());
  }
  auto const mark = rest.find('?');
  message_.path = rest.substr(0, mark);
  message_.query = mark == rest.npos ? std::string_view{} : rest.substr(mark + 1);
  if (message_.path.empty()) message_.path = "/";
  return true;
}

PANDO_INLINE request_parser::result request_parser::parse_body(char* data,
                                                               std::size_t& size) noexcept {
  if (phase_ == phase::sized_body) {
    if (size - body_at_ < body_size_) return result::incomplete;
    used_ = body_at_ + body_size_;
  } else {
    switch (chunks_.decode(data + body_at_, size - body_at_)) {
    case chunk_decoder::result::incomplete:
      size = body_at_ + chunks_.decoded();
      return result::incomplete;
    case chunk_decoder::result::malformed:
      return refuse(400, "a chunk is malformed");
    case chunk_decoder::result::too_large:
      return refuse(413, "the body is too large");
    case chunk_decoder::result::complete:
      break;
    }
    body_size_ = chunks_.decoded();
    used_ = body_at_ + chunks_.end();
  }
  message_.body = {data + body_at_, body_size_};
  return result::complete;
}

/// The octets lie elsewhere now; so do the views.
PANDO_INLINE void request_parser::follow(char const* data) noexcept {
  // Of the old place only the number is left.
  auto const old = reinterpret_cast<std::uintptr_t>(seen_);
  auto const move = [&](std::string_view& view) {
    auto const at = reinterpret_cast<std::uintptr_t>(view.data());
    // The path "/" of a target without one is no part of the input.
    if (at < old || at >= old + body_at_) return;
    view = {data + (at - old), view.size()};
  };
  for (header& line : lines_) {
    move(line.name);
    move(line.value);
  }
  move(message_.method);
  move(message_.target);
  move(message_.path);
  move(message_.query);
  seen_ = data;
}

} // namespace pando::http::detail
