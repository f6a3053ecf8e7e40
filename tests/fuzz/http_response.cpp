// Fuzzes what the HTTP client reads: whatever comes, however it is cut, the same answer or the same
// events are found, within the limits.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>
#include <string_view>

#include <pando/http/detail/event_reader.hpp>
#include <pando/http/detail/response_reader.hpp>

namespace {

using pando::http::detail::event_reader;
using pando::http::detail::response_reader;
using result = response_reader::result;

constexpr std::size_t body_limit = 300;
constexpr std::size_t event_limit = 100;

void must(bool held) {
  if (!held) std::abort();
}

/// An answer as a client takes it: its body whole, or as events that are dropped as they come.
class taker {
 public:
  taker(bool to_head, bool as_events) : as_events_(as_events) {
    reader_.restart(to_head);
    events_.restart(event_limit);
  }

  /// False: it has come to an end.
  bool feed(std::string_view octets) {
    in_.append(octets);
    if (!has_head_) {
      outcome_ = reader_.read_head(in_);
      if (outcome_ != result::complete) return outcome_ == result::incomplete;
      has_head_ = true;
      must(reader_.status() >= 200 && reader_.status() <= 999);
      seen_ += std::to_string(reader_.status()) + " " + std::string(reader_.content_type()) + "\n";
      reader_.begin_body(as_events_ ? (std::numeric_limits<std::size_t>::max)() / 2 : body_limit);
    }
    outcome_ = reader_.read_body(in_);
    must(reader_.decoded() <= in_.size());
    if (as_events_) return take_events() && outcome_ == result::incomplete;
    must(outcome_ != result::incomplete || reader_.decoded() <= body_limit);
    return outcome_ == result::incomplete;
  }

  std::string seen() {
    if (outcome_ == result::incomplete && has_head_) outcome_ = reader_.end_of_input();
    seen_ += std::to_string(static_cast<int>(outcome_));
    if (outcome_ != result::complete) return seen_;
    if (!as_events_) seen_.append(in_.data(), reader_.decoded());
    (void)reader_.is_reusable(in_);
    return seen_;
  }

 private:
  bool take_events() {
    std::string_view const text(in_.data(), reader_.decoded());
    std::size_t at = 0;
    for (;;) {
      std::size_t used = 0;
      auto const found = events_.read(text.substr(at), used);
      at += used;
      must(at <= text.size());
      if (found == event_reader::result::incomplete) break;
      if (found == event_reader::result::too_large) {
        seen_ += "too large";
        outcome_ = result::too_large;
        return false;
      }
      must(events_.data().size() <= event_limit);
      seen_.append(events_.name()).append("\n").append(events_.data()).append("\n\n");
    }
    reader_.drop(in_, at);
    return true;
  }

  response_reader reader_;
  event_reader events_;
  pando::buffer in_;
  std::string seen_;
  result outcome_ = result::incomplete;
  bool has_head_ = false;
  bool as_events_;
};

/// `step` 0: cut where the octets themselves say.
std::string run(std::string_view octets, std::size_t step, bool to_head, bool as_events) {
  taker client(to_head, as_events);
  while (!octets.empty()) {
    auto const piece = octets.substr(
        0, step != 0 ? step : 1 + static_cast<unsigned char>(octets.front()) % std::size_t{13});
    octets.remove_prefix(piece.size());
    if (!client.feed(piece)) break;
  }
  return client.seen();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size == 0 || size > 4096) return 0;
  bool const to_head = (data[0] & 1) != 0;
  bool const as_events = (data[0] & 2) != 0;
  std::string_view const octets(reinterpret_cast<char const*>(data) + 1, size - 1);
  auto const whole = run(octets, size, to_head, as_events);
  must(run(octets, 1, to_head, as_events) == whole);
  must(run(octets, 0, to_head, as_events) == whole);
  return 0;
}
