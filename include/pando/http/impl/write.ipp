// Status lines, heads and chunks.
#pragma once

#include <charconv>
#include <cstring>

#include <pando/http/detail/write.hpp>

namespace pando::http::detail {

PANDO_INLINE std::string_view reason_phrase(int status) noexcept {
  switch (status) {
  case 100:
    return "Continue";
  case 200:
    return "OK";
  case 201:
    return "Created";
  case 202:
    return "Accepted";
  case 203:
    return "Non-Authoritative Information";
  case 204:
    return "No Content";
  case 205:
    return "Reset Content";
  case 206:
    return "Partial Content";
  case 207:
    return "Multi-Status";
  case 300:
    return "Multiple Choices";
  case 301:
    return "Moved Permanently";
  case 302:
    return "Found";
  case 303:
    return "See Other";
  case 304:
    return "Not Modified";
  case 307:
    return "Temporary Redirect";
  case 308:
    return "Permanent Redirect";
  case 400:
    return "Bad Request";
  case 401:
    return "Unauthorized";
  case 402:
    return "Payment Required";
  case 403:
    return "Forbidden";
  case 404:
    return "Not Found";
  case 405:
    return "Method Not Allowed";
  case 406:
    return "Not Acceptable";
  case 407:
    return "Proxy Authentication Required";
  case 408:
    return "Request Timeout";
  case 409:
    return "Conflict";
  case 410:
    return "Gone";
  case 411:
    return "Length Required";
  case 412:
    return "Precondition Failed";
  case 413:
    return "Content Too Large";
  case 414:
    return "URI Too Long";
  case 415:
    return "Unsupported Media Type";
  case 416:
    return "Range Not Satisfiable";
  case 417:
    return "Expectation Failed";
  case 421:
    return "Misdirected Request";
  case 422:
    return "Unprocessable Content";
  case 423:
    return "Locked";
  case 424:
    return "Failed Dependency";
  case 425:
    return "Too Early";
  case 426:
    return "Upgrade Required";
  case 428:
    return "Precondition Required";
  case 429:
    return "Too Many Requests";
  case 431:
    return "Request Header Fields Too Large";
  case 451:
    return "Unavailable For Legal Reasons";
  case 500:
    return "Internal Server Error";
  case 501:
    return "Not Implemented";
  case 502:
    return "Bad Gateway";
  case 503:
    return "Service Unavailable";
  case 504:
    return "Gateway Timeout";
  case 505:
    return "HTTP Version Not Supported";
  case 507:
    return "Insufficient Storage";
  case 508:
    return "Loop Detected";
  case 511:
    return "Network Authentication Required";
  default:
    return {};
  }
}

PANDO_INLINE void append_status_line(buffer& out, int status) {
  switch (status) { // those that matter for speed stand ready
  case 200:
    out.append("HTTP/1.1 200 OK\r\n");
    return;
  case 201:
    out.append("HTTP/1.1 201 Created\r\n");
    return;
  case 204:
    out.append("HTTP/1.1 204 No Content\r\n");
    return;
  case 404:
    out.append("HTTP/1.1 404 Not Found\r\n");
    return;
  case 422:
    out.append("HTTP/1.1 422 Unprocessable Content\r\n");
    return;
  default:
    out.append("HTTP/1.1 ");
    append_decimal(out, static_cast<std::uint64_t>(status));
    out.append(' ');
    out.append(reason_phrase(status));
    out.append("\r\n");
  }
}

PANDO_INLINE void append_line(buffer& out, std::string_view name, std::string_view value) {
  char* to = out.reserve(name.size() + value.size() + 4);
  to = static_cast<char*>(std::memcpy(to, name.data(), name.size())) + name.size();
  *to++ = ':';
  *to++ = ' ';
  if (!value.empty()) std::memcpy(to, value.data(), value.size());
  to += value.size();
  *to++ = '\r';
  *to++ = '\n';
  out.commit(to);
}

PANDO_INLINE void append_decimal(buffer& out, std::uint64_t number) {
  constexpr std::size_t longest = 20;
  char* const to = out.reserve(longest);
  out.commit(std::to_chars(to, to + longest, number).ptr);
}

PANDO_INLINE std::string_view date_line::now() noexcept { return at(std::time(nullptr)); }

PANDO_INLINE std::string_view date_line::at(std::time_t moment) noexcept {
  if (moment != moment_) {
    constexpr char days[] = "SunMonTueWedThuFriSat";
    constexpr char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    std::tm parts{};
    ::gmtime_r(&moment, &parts);
    auto const two = [](char* to, int value) {
      to[0] = static_cast<char>('0' + value / 10 % 10);
      to[1] = static_cast<char>('0' + value % 10);
    };
    int const year = parts.tm_year + 1900;
    std::memcpy(text_, "Date: ..., 00 ... 0000 00:00:00 GMT\r\n", 37);
    std::memcpy(text_ + 6, days + parts.tm_wday * 3, 3);
    two(text_ + 11, parts.tm_mday);
    std::memcpy(text_ + 14, months + parts.tm_mon * 3, 3);
    two(text_ + 18, year / 100);
    two(text_ + 20, year);
    two(text_ + 23, parts.tm_hour);
    two(text_ + 26, parts.tm_min);
    two(text_ + 29, parts.tm_sec);
    moment_ = moment;
  }
  return {text_, 37};
}

PANDO_INLINE void append_head(buffer& out, answer_head const& head, std::string_view date) {
  append_status_line(out, head.status);
  out.append(date);
  if (!head.content_type.empty()) append_line(out, "Content-Type", head.content_type);
  if (!head.lines.empty()) out.append(head.lines);
  if (status_has_body(head.status)) {
    if (head.how == framing::sized) {
      out.append("Content-Length: ");
      append_decimal(out, head.length);
      out.append("\r\n");
    } else if (head.how == framing::chunked) {
      out.append("Transfer-Encoding: chunked\r\n");
    }
  }
  if (!head.keep_alive)
    out.append("Connection: close\r\n");
  else if (head.peer_is_http_1_0)
    out.append("Connection: keep-alive\r\n");
  out.append("\r\n");
}

PANDO_INLINE void append_chunk(buffer& out, std::string_view data) {
  if (data.empty()) return;
  constexpr std::size_t longest = 16;
  char* const to = out.reserve(longest + data.size() + 4);
  char* at = std::to_chars(to, to + longest, data.size(), 16).ptr;
  *at++ = '\r';
  *at++ = '\n';
  std::memcpy(at, data.data(), data.size());
  at += data.size();
  *at++ = '\r';
  *at++ = '\n';
  out.commit(at);
}

PANDO_INLINE void append_last_chunk(buffer& out) { out.append("0\r\n\r\n"); }

PANDO_INLINE void append_problem(buffer& body, int status, std::string_view detail) {
  body.append(R"({"type":"about:blank","title":")");
  body.append(reason_phrase(status));
  body.append(R"(","status":)");
  append_decimal(body, static_cast<std::uint64_t>(status));
  body.append(R"(,"detail":")");
  body.append(detail);
  body.append(R"("})");
}

} // namespace pando::http::detail
