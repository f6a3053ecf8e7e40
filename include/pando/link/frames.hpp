// The messages of the binary protocol: a header of twelve bytes, and what each kind carries.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <pando/config.hpp>
#include <pando/handler/failure.hpp>
#include <pando/handler/io.hpp>
#include <pando/schema/buffer.hpp>

namespace pando::frames {

/// What the side that connects sends first, and what it is answered with. The last byte but one is
/// the version.
inline constexpr std::string_view magic{"\x93pando\x01\n", 8};

/// Whose frames: c, the side that connected; s, the side that serves.
enum class kind : std::uint8_t {
  hello = 1,   ///< c, s: varint max_frame, varint max_calls
  open = 2,    ///< c: `id` its number for a contract; text controller, 8 bytes fingerprint
  describe,    ///< s: `id`: they differ, tell the shapes
  shapes,      ///< c: `id`; text controller, varint count, each: text route, text shape
  opened,      ///< s: `id`, `flags` the form (0 positional, 1 tagged, 2 JSON); varint the number
               ///< of its first route
  refused,     ///< s: `id`; text why
  call = 10,   ///< c: `aux` the route; what its flags say, in their order; the request
  invoke,      ///< c: the same by name: text route; the request as JSON text
  cancel,      ///< c: the call is not wanted any more
  credit,      ///< c: varint how many more items
  answer = 20, ///< s: the result
  raised,      ///< s: 4 bytes hash of the error's name; the error. Of `invoke`: text name, varint
               ///< exit code; the error as JSON text
  failed,      ///< s: a failure
  item,        ///< s: an item of a stream
  end,         ///< s: the end of a stream
  show = 30,   ///< s: `aux` the kind; of progress varint done, varint total; the text
  ask,         ///< s: `aux` the number of the question; one byte kind; text, varint count, texts
  reply,       ///< c: `aux` the number; one byte cancelled; text, varint count, varints
  ping = 40,   ///< either: answered by a pong with the same id and payload
  pong,
  describe_app, ///< c: answered with the app's description as JSON text
  /// Either: text why. A client begins no call after its own. A server that stops says it and goes
  /// on answering until the client has said it too, so that no call on its way is lost.
  goodbye = 50,
  // Between runners, before the greeting: who they are, and that they know the cookie.
  introduce = 60, ///< c: 32 bytes nonce, one byte whether it proves; text name, varint incarnation
  challenge,      ///< s: the same
  proof,          ///< c, then s: 32 bytes
  deny,           ///< s: text why; the end
};

/// Flags of `call` and `invoke`: a deadline comes first, varint microseconds from now.
inline constexpr std::uint8_t has_deadline = 1;
/// Of `call`: the id of an instance, as text.
inline constexpr std::uint8_t has_instance = 2;
/// Of `open` and `shapes`: the form is to be JSON. A server that knows none of that says another.
inline constexpr std::uint8_t wants_json = 1;
/// Of `call`, between runners: whom it is made for, who was let in: texts transport, peer,
/// principal.
inline constexpr std::uint8_t has_caller = 4;

/// Little-endian on the wire, in this order.
struct header {
  std::uint32_t length; ///< of what follows the header
  std::uint32_t id;     ///< of a call: in the low 16 bits a place that is free again after its end
  kind what;
  std::uint8_t flags = 0;
  std::uint16_t aux = 0;
};
inline constexpr std::size_t header_size = 12;

header read_header(char const* from) noexcept;

/// A frame being written: its length is filled in when it ends.
/// What is appended is taken back when it does not come to `end`.
class writer {
 public:
  writer(buffer& out, kind what, std::uint32_t id, std::uint8_t flags = 0, std::uint16_t aux = 0);
  writer(writer const&) = delete;
  ~writer() {
    if (!is_done_) out_.truncate(begin_);
  }
  /// Bytes behind the header.
  std::size_t size() const noexcept { return out_.size() - begin_ - header_size; }
  void end() noexcept;

 private:
  buffer& out_;
  std::size_t const begin_;
  bool is_done_ = false;
};

/// A frame without anything behind its header.
void write_empty(buffer& out, kind what, std::uint32_t id, std::uint8_t flags = 0);

void append_text(buffer& out, std::string_view text);
void append_failure(buffer& out, failure const& why);
void append_question(buffer& out, io_question const& question);
void append_reply(buffer& out, io_answer const& answer);

/// Reads a payload piece by piece; once something is not there, all that follows is not either.
class reader {
 public:
  explicit reader(std::string_view payload) noexcept : rest_(payload) {}
  std::uint64_t number();
  std::uint8_t octet();
  std::uint32_t word();
  std::uint64_t fingerprint();
  std::string_view text();
  /// All that is left.
  std::string_view rest() noexcept { return rest_; }
  failure read_failure();
  io_question read_question();
  io_answer read_reply();
  /// Whether everything asked for was there.
  bool is_whole() const noexcept { return is_whole_; }

 private:
  std::string_view take(std::size_t size);
  std::string_view rest_;
  bool is_whole_ = true;
};

} // namespace pando::frames

#ifdef PANDO_HEADER_ONLY
#include <pando/link/impl/frames.ipp>
#endif
