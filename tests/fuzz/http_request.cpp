// Fuzzes the request parser: whatever comes, however it is cut, the same requests are found, within
// the limits, and what was found stands in the input.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <pando/http/detail/parser.hpp>
#include <pando/http/detail/target.hpp>

namespace {

using pando::http::detail::request_limits;
using pando::http::detail::request_parser;

constexpr request_limits limits{
    .target_bytes = 200, .head_bytes = 800, .header_count = 20, .body_bytes = 300};

void must(bool held) {
  if (!held) std::abort();
}

void append(std::string& to, std::string_view part) {
  to.append(part);
  to += '\n';
}

/// All that can be seen of one request, as text; and what a router does with it.
std::string describe(pando::http::detail::request const& message) {
  std::string text;
  for (auto const part :
       {message.method, message.target, message.path, message.query, message.body})
    append(text, part);
  for (auto const& line : message.headers) {
    append(text, line.name);
    append(text, line.value);
    must(line.name.find_first_of(" \t\r\n:") == line.name.npos && !line.name.empty());
    must(line.value.find_first_of(std::string_view("\r\n\0", 3)) == line.value.npos);
  }
  must(message.target.size() <= limits.target_bytes);
  must(message.headers.size() <= limits.header_count);
  must(message.body.size() <= limits.body_bytes);
  must(message.headers.count("content-length") + message.headers.count("transfer-encoding") <= 1);
  std::string decoded;
  for (auto path = message.path; !path.empty();)
    (void)pando::http::detail::append_percent_decoded(decoded,
                                                      pando::http::detail::next_segment(path));
  pando::http::detail::query_reader query(message.query);
  while (query.next()) decoded.append(query.key()).append(query.value());
  return text;
}

/// `step` 0: cut where the octets themselves say.
std::string run(std::string_view octets, std::size_t step) {
  request_parser parser(limits);
  std::string seen;
  std::vector<char> held;
  while (!octets.empty()) {
    auto const piece = octets.substr(
        0, step != 0 ? step : 1 + static_cast<unsigned char>(octets.front()) % std::size_t{13});
    octets.remove_prefix(piece.size());
    std::vector<char> moved; // exactly as large as what it holds: one octet too far is found
    moved.reserve(held.size() + piece.size());
    moved.assign(held.begin(), held.end());
    moved.insert(moved.end(), piece.begin(), piece.end());
    held.swap(moved);
    while (!held.empty()) {
      std::size_t size = held.size();
      auto const found = parser.parse(held.data(), size);
      must(size <= held.size());
      held.resize(size);
      if (found == request_parser::result::incomplete) break;
      if (found == request_parser::result::refused) {
        must(parser.why().status >= 400 && parser.why().status <= 505);
        return seen + "refused";
      }
      seen += describe(parser.message());
      must(parser.used() > 0 && parser.used() <= held.size());
      held.erase(held.begin(), held.begin() + static_cast<std::ptrdiff_t>(parser.used()));
      parser.next();
    }
    must(held.size() <= limits.head_bytes + limits.body_bytes + piece.size());
  }
  return seen;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size > 4096) return 0;
  std::string_view const octets(reinterpret_cast<char const*>(data), size);
  auto const whole = run(octets, size + 1);
  must(run(octets, 1) == whole);
  must(run(octets, 0) == whole);
  return 0;
}
