// Server-sent events (WHATWG HTML, 9.2.6), read piece by piece.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <pando/config.hpp>

namespace pando::http::detail {

/// Takes a stream's text as it comes. *Thread*: one at a time.
class event_reader {
 public:
  enum class result : std::uint8_t { incomplete, event, too_large };

  /// `limit`: octets of one event at most.
  void restart(std::size_t limit) noexcept;

  /// Reads on. `used`: how much of `text` was; the rest belongs before what comes next.
  result read(std::string_view text, std::size_t& used);

  /// After `event`, until the next `read`: its name, empty when it has none, and its data.
  std::string_view name() const noexcept { return name_; }
  std::string_view data() const noexcept { return data_; }

 private:
  void take_line(std::string_view line);

  std::string name_;
  std::string data_;
  std::size_t limit_ = 0;
  std::size_t scanned_ = 0; ///< of the line begun: no end of it before this place
  bool has_data_ = false;
  bool is_given_ = false;   ///< name and data are those of the event given last
  bool is_first_ = true;    ///< a byte order mark may stand here
  bool skips_feed_ = false; ///< the line before ended in CR: LF belongs to it
};

} // namespace pando::http::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/http/impl/event_reader.ipp>
#endif
