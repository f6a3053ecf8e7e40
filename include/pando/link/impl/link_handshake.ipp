// Introductions, challenges and proofs.
#pragma once

#include <algorithm>
#include <cstring>
#include <utility>

#include <pando/link/detail/link_handshake.hpp>
#include <pando/schema/wire.hpp>

namespace pando::detail {

struct link_handshake::introduction {
  link_nonce nonce{};
  bool proves = false;
  link_identity who{};
};

PANDO_INLINE link_handshake::link_handshake(secure_link const& security, link_role role,
                                            std::string expected)
    : security_(security), role_(role), expected_(std::move(expected)),
      awaited_(role == link_role::serves ? frames::kind::introduce : frames::kind::challenge) {
  bool const connects = role == link_role::connects;
  (connects ? transcript_.connecting : transcript_.serving) = security.self();
  (connects ? transcript_.connecting_nonce : transcript_.serving_nonce) = secure_link::make_nonce();
  is_greeted_ = connects; // only the connecting side says the magic
}

PANDO_INLINE void link_handshake::fail(std::string why, bool is_refusal) {
  state_ = state::failed;
  why_ = std::move(why);
  is_refusal_ = is_refusal;
}

PANDO_INLINE void link_handshake::deny(std::string why, buffer& out) {
  frames::writer frame(out, frames::kind::deny, 0);
  frames::append_text(out, why);
  frame.end();
  fail(std::move(why), true);
}

PANDO_INLINE void link_handshake::begin(buffer& out) {
  out.append(link_magic);
  write_introduction(frames::kind::introduce, out);
}

PANDO_INLINE void link_handshake::write_introduction(frames::kind what, buffer& out) {
  auto const& nonce = role_ == link_role::connects ? transcript_.connecting_nonce
                                                   : transcript_.serving_nonce;
  frames::writer frame(out, what, 0);
  out.append({reinterpret_cast<char const*>(nonce.data()), nonce.size()});
  out.append(security_.has_cookie() ? '\1' : '\0');
  frames::append_text(out, security_.self().name);
  wire::append_varint(out, security_.self().incarnation);
  frame.end();
}

/// What a side with a cookie says to a greeting in the clear (RFC 8446, 6). As a frame it would be
/// longer than any challenge.
inline bool is_alert(std::string_view bytes) { return bytes.starts_with("\x15\x03"); }

PANDO_INLINE std::size_t link_handshake::take(std::string_view bytes, stream_cipher const* cipher,
                                              buffer& out) {
  constexpr std::size_t longest = 1024;
  cipher_ = cipher;
  auto const size = bytes.size();
  if (role_ == link_role::connects && awaited_ == frames::kind::challenge && is_alert(bytes)) {
    fail("it speaks TLS: it has PANDO_CLUSTER_COOKIE and this program has none; give both the same",
         true);
    return size;
  }
  if (!is_greeted_) {
    auto const known = (std::min)(size, link_magic.size());
    if (bytes.substr(0, known) != link_magic.substr(0, known)) {
      constexpr char handshake_of_tls = 0x16; // RFC 8446, 5.1
      if (bytes.front() != handshake_of_tls) {
        fail("what it sent first is no greeting of a runner");
        return size;
      }
      deny("it greets with TLS, which this runner without PANDO_CLUSTER_COOKIE does not speak; "
           "give both the same",
           out); // in the clear, whereby the other side knows
      is_refusal_ = false;
      return size;
    }
    if (size < link_magic.size()) return 0;
    is_greeted_ = true;
    bytes.remove_prefix(link_magic.size());
  }
  while (state_ == state::goes_on && bytes.size() >= frames::header_size) {
    auto const head = frames::read_header(bytes.data());
    if (head.length > longest) {
      fail("its handshake has a message of " + std::to_string(head.length) +
           " bytes, and 1024 are the limit");
      return size;
    }
    auto const whole = frames::header_size + head.length;
    if (bytes.size() < whole) break;
    handle(head, bytes.substr(frames::header_size, head.length), out);
    bytes.remove_prefix(whole);
  }
  return size - bytes.size();
}

PANDO_INLINE void link_handshake::handle(frames::header const& head, std::string_view payload,
                                         buffer& out) {
  if (head.what == frames::kind::deny) {
    std::string told(frames::reader(payload).text());
    for (auto& c : told) // nobody knows yet who says it
      if (c < ' ' || c > '~') c = '?';
    return fail("it refuses this runner: " + told, true);
  }
  if (head.what != awaited_)
    return fail("its handshake has a message of kind " +
                std::to_string(static_cast<unsigned>(head.what)) + " where kind " +
                std::to_string(static_cast<unsigned>(awaited_)) + " is due");
  if (head.what == frames::kind::introduce) return introduced(payload, out);
  if (head.what == frames::kind::challenge) return challenged(payload, out);
  return proven(payload, out);
}

PANDO_INLINE bool link_handshake::read_introduction(std::string_view payload,
                                                    introduction& found) {
  auto const size = found.nonce.size();
  if (payload.size() < size) return fail("its introduction cannot be read"), false;
  std::memcpy(found.nonce.data(), payload.data(), size);
  frames::reader read(payload.substr(size));
  auto const proves = read.octet();
  found.who.name = read.text();
  found.who.incarnation = read.number();
  found.proves = proves == 1;
  if (!read.is_whole() || proves > 1 || !read.rest().empty() ||
      !why_no_link_name(found.who.name).empty())
    return fail("its introduction cannot be read"), false;
  peer_ = found.who;
  return true;
}

PANDO_INLINE void link_handshake::introduced(std::string_view payload, buffer& out) {
  introduction theirs;
  if (!read_introduction(payload, theirs)) return;
  if (theirs.proves != security_.has_cookie())
    return deny(theirs.proves ? "the connecting runner has a cookie and the serving one has none; "
                                "give both the same"
                              : "the serving runner has a cookie and the connecting one has none; "
                                "give both the same",
                out);
  transcript_.connecting_nonce = theirs.nonce;
  transcript_.connecting = theirs.who;
  write_introduction(frames::kind::challenge, out);
  if (!security_.has_cookie()) state_ = state::done;
  else awaited_ = frames::kind::proof;
}

PANDO_INLINE void link_handshake::challenged(std::string_view payload, buffer& out) {
  introduction theirs;
  if (!read_introduction(payload, theirs)) return;
  if (theirs.proves != security_.has_cookie())
    return fail("one of the two runners has a cookie and the other has none; give both the same",
                true);
  if (!expected_.empty() && theirs.who.name != expected_)
    return fail("it is " + theirs.who.name + ", and " + expected_ + " was meant", true);
  transcript_.serving_nonce = theirs.nonce;
  transcript_.serving = theirs.who;
  if (!security_.has_cookie()) {
    state_ = state::done;
    return;
  }
  write_proof(out);
  awaited_ = frames::kind::proof;
}

PANDO_INLINE void link_handshake::write_proof(buffer& out) {
  if (cipher_ != nullptr) transcript_.channel = cipher_->channel_binding();
  auto const ours = security_.prove(transcript_, role_);
  frames::writer frame(out, frames::kind::proof, 0);
  out.append({reinterpret_cast<char const*>(ours.data()), ours.size()});
  frame.end();
}

PANDO_INLINE void link_handshake::proven(std::string_view payload, buffer& out) {
  if (cipher_ != nullptr) transcript_.channel = cipher_->channel_binding();
  bool const connects = role_ == link_role::connects;
  // A channel that TLS gives no value for is none.
  bool const is_bound = cipher_ == nullptr || !transcript_.channel.empty();
  auto const theirs =
      security_.prove(transcript_, connects ? link_role::serves : link_role::connects);
  if (!is_bound || !secure_link::equal(theirs, payload)) {
    std::string why = "the proof of the cookie is wrong: the two have different cookies, or "
                      "somebody stands between them";
    return connects ? fail(std::move(why), true) : deny(std::move(why), out);
  }
  if (!connects) write_proof(out);
  state_ = state::done;
}

} // namespace pando::detail
