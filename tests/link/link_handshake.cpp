// The handshake of two runners octet by octet, without sockets: what is proven, and what fails.
#include <memory>
#include <string>
#include <string_view>

#include <boost/test/unit_test.hpp>

#include <pando/link/detail/link_handshake.hpp>
#include <pando/runtime/openssl.hpp>

#include "support/raw_frames.hpp"
#include "support/served_runner.hpp"

#if PANDO_HAS_OPENSSL

BOOST_AUTO_TEST_SUITE(link_handshakes)

namespace {

using pando::link_role;
using pando::detail::link_handshake;
using pando::frames::kind;
using raw_frames::made;
using raw_frames::number;
using raw_frames::text;
using state = link_handshake::state;

/// A channel with a value that is known.
struct fake_channel final : pando::stream_cipher {
  explicit fake_channel(std::string value) : binding(std::move(value)) {}
  result open(std::string_view, pando::buffer&) override { return result::open; }
  bool seal(std::string_view, pando::buffer&) override { return true; }
  bool has_to_speak() const override { return false; }
  std::string why() const override { return {}; }
  std::string channel_binding() const override { return binding; }
  std::string binding;
};

/// One end, and what it has said.
struct end {
  end(link_role role, std::string with, std::string name, pando::stream_cipher const* over = nullptr,
      std::string expected = {})
      : security(support::runner(std::move(name), std::move(with), 5)), channel(over),
        shakes(*security, role, std::move(expected)) {
    if (role == link_role::connects) said([&](auto& out) { shakes.begin(out); });
  }
  template <class Write>
  void said(Write write) {
    pando::buffer out;
    write(out);
    words = std::string(out.view());
  }
  /// Hears it, and gives what is said then.
  std::string hears(std::string_view bytes) {
    said([&](auto& out) { taken = shakes.take(bytes, channel, out); });
    return words;
  }

  std::shared_ptr<pando::secure_link const> security;
  pando::stream_cipher const* channel;
  link_handshake shakes;
  std::string words;
  std::size_t taken = 0;
};

end connecting(std::string with = support::cookie, pando::stream_cipher const* over = nullptr) {
  return {link_role::connects, std::move(with), "one", over};
}
end serving(std::string with = support::cookie, pando::stream_cipher const* over = nullptr) {
  return {link_role::serves, std::move(with), "two", over};
}

/// Lets the two talk until nobody has anything to say.
void talk(end& one, end& two) {
  std::string words = one.words;
  while (!words.empty()) {
    auto const answer = two.hears(words);
    words = answer.empty() ? std::string() : one.hears(answer);
  }
}

std::string const different = "the proof of the cookie is wrong: the two have different cookies, or "
                              "somebody stands between them";

} // namespace

BOOST_AUTO_TEST_CASE(both_know_who_the_other_is) {
  for (auto const& with : {std::string(support::cookie), std::string("x"), std::string()}) {
    auto one = connecting(with);
    auto two = serving(with);
    talk(one, two);
    BOOST_TEST((one.shakes.now() == state::done));
    BOOST_TEST((two.shakes.now() == state::done));
    BOOST_TEST((one.shakes.peer() == pando::link_identity{"two", 5}));
    BOOST_TEST((two.shakes.peer() == pando::link_identity{"one", 5}));
  }
}

BOOST_AUTO_TEST_CASE(octets_may_come_one_by_one_and_what_follows_is_left) {
  auto one = connecting();
  auto two = serving();
  std::string waits;
  auto const slowly = [&](end& to, std::string const& bytes) {
    std::string answer;
    waits.clear();
    for (char const c : bytes) {
      waits += c;
      answer += to.hears(waits);
      waits.erase(0, to.taken);
    }
    return answer;
  };
  auto const challenge = slowly(two, one.words);
  auto const proof = slowly(one, challenge);
  auto const last = two.hears(proof + "what is behind it");
  BOOST_TEST((two.shakes.now() == state::done));
  BOOST_TEST(two.taken == proof.size());
  (void)slowly(one, last);
  BOOST_TEST((one.shakes.now() == state::done));
}

BOOST_AUTO_TEST_CASE(who_has_another_cookie_is_refused_and_told) {
  auto one = connecting("another cookie");
  auto two = serving();
  talk(one, two);
  BOOST_TEST((two.shakes.now() == state::failed && two.shakes.is_refusal()));
  BOOST_TEST(two.shakes.why() == different);
  BOOST_TEST((one.shakes.now() == state::failed && one.shakes.is_refusal()));
  BOOST_TEST(one.shakes.why() == "it refuses this runner: " + different);
}

BOOST_AUTO_TEST_CASE(who_serves_with_another_cookie_gets_nothing_from_who_connects) {
  // One that passes the proof over: what it shows itself is still wrong.
  auto one = connecting();
  auto two = serving("another cookie");
  auto const proof = one.hears(two.hears(one.words));
  BOOST_TEST(proof.size() == 12U + 32U);
  (void)one.hears(made(kind::proof, 0, std::string(32, 'x')));
  BOOST_TEST((one.shakes.now() == state::failed && one.shakes.is_refusal()));
  BOOST_TEST(one.shakes.why() == different);
  BOOST_TEST(one.words == "");
}

BOOST_AUTO_TEST_CASE(a_cookie_on_one_side_only_is_refused_by_both) {
  {
    auto one = connecting("");
    auto two = serving();
    talk(one, two);
    BOOST_TEST(two.shakes.why() == "the serving runner has a cookie and the connecting one has "
                                   "none; give both the same");
    BOOST_TEST((one.shakes.now() == state::failed));
  }
  {
    auto one = connecting();
    auto two = serving("");
    talk(one, two);
    BOOST_TEST(two.shakes.why() == "the connecting runner has a cookie and the serving one has "
                                   "none; give both the same");
    BOOST_TEST((one.shakes.now() == state::failed));
  }
  // A server that pretends not to want a proof does not get by without showing its own.
  auto one = connecting();
  (void)one.hears(made(kind::challenge, 0,
                       std::string(32, 'n') + std::string(1, '\0') + text("two") + number(5)));
  BOOST_TEST((one.shakes.now() == state::failed && one.shakes.is_refusal()));
}

BOOST_AUTO_TEST_CASE(a_handshake_that_is_replayed_fails) {
  auto one = connecting();
  auto two = serving();
  auto const first = one.words;
  auto const proof = one.hears(two.hears(first));
  (void)two.hears(proof);
  BOOST_TEST((two.shakes.now() == state::done));
  auto again = serving(); // with a nonce of its own
  (void)again.hears(first);
  (void)again.hears(proof);
  BOOST_TEST((again.shakes.now() == state::failed));
  BOOST_TEST(again.shakes.why() == different);
}

BOOST_AUTO_TEST_CASE(a_proof_that_is_sent_back_fails) {
  auto one = connecting();
  auto two = serving();
  auto const proof = one.hears(two.hears(one.words));
  (void)one.hears(proof); // in place of the server's
  BOOST_TEST((one.shakes.now() == state::failed));
  BOOST_TEST(one.shakes.why() == different);
  // The whole of it: its own nonce and name as the server's, then its own proof.
  auto mirrored = connecting();
  auto challenge = mirrored.words.substr(8);
  challenge[8] = static_cast<char>(kind::challenge);
  auto const shown = mirrored.hears(challenge);
  BOOST_TEST(shown.size() == 12U + 32U);
  (void)mirrored.hears(shown);
  BOOST_TEST((mirrored.shakes.now() == state::failed));
}

BOOST_AUTO_TEST_CASE(a_proof_is_of_one_channel) {
  fake_channel const first("the channel of one");
  fake_channel const second("the channel of two");
  {
    auto one = connecting(support::cookie, &first);
    auto two = serving(support::cookie, &first);
    talk(one, two);
    BOOST_TEST((one.shakes.now() == state::done && two.shakes.now() == state::done));
  }
  {
    auto one = connecting(support::cookie, &first);
    auto two = serving(support::cookie, &second);
    talk(one, two);
    BOOST_TEST((two.shakes.now() == state::failed));
    BOOST_TEST(two.shakes.why() == different);
  }
  fake_channel const none("");
  auto one = connecting(support::cookie, &none);
  auto two = serving(support::cookie, &none);
  talk(one, two);
  BOOST_TEST((two.shakes.now() == state::failed));
}

BOOST_AUTO_TEST_CASE(names_and_incarnations_are_part_of_the_proof) {
  auto one = connecting();
  auto two = serving();
  auto changed = one.words;
  changed[changed.find("one")] = 'O';
  (void)two.hears(changed);
  (void)two.hears(one.hears(two.words));
  BOOST_TEST((two.shakes.now() == state::failed));
  BOOST_TEST(two.shakes.why() == different);

  auto other = connecting();
  auto third = serving();
  changed = other.words;
  BOOST_REQUIRE(changed.back() == 5);
  changed.back() = 6;
  (void)third.hears(changed);
  (void)third.hears(other.hears(third.words));
  BOOST_TEST((third.shakes.now() == state::failed));
}

BOOST_AUTO_TEST_CASE(somebody_else_than_was_meant_is_refused) {
  end one(link_role::connects, support::cookie, "one", nullptr, "three");
  auto two = serving();
  talk(one, two);
  BOOST_TEST((one.shakes.now() == state::failed && one.shakes.is_refusal()));
  BOOST_TEST(one.shakes.why() == "it is two, and three was meant");
  BOOST_TEST((two.shakes.now() == state::goes_on));
}

BOOST_AUTO_TEST_CASE(what_is_no_handshake_fails_with_a_reason) {
  auto const fails = [](std::string const& bytes) {
    auto two = serving();
    (void)two.hears(bytes);
    BOOST_TEST((two.shakes.now() == state::failed));
    BOOST_TEST(!two.shakes.is_refusal());
    return two.shakes.why();
  };
  std::string const magic(pando::detail::link_magic);
  BOOST_TEST(fails("GET / HTTP/1.1\r\n") == "what it sent first is no greeting of a runner");
  BOOST_TEST(fails("x") == "what it sent first is no greeting of a runner");
  BOOST_TEST(fails(std::string(pando::frames::magic)) ==
             "what it sent first is no greeting of a runner");
  BOOST_TEST(fails("\x16\x03\x01") ==
             "it greets with TLS, which this runner without PANDO_CLUSTER_COOKIE does not speak; "
             "give both the same");
  BOOST_TEST(fails(magic + made(kind::introduce, 0, std::string(1025, 'x')).substr(0, 12)) ==
             "its handshake has a message of 1025 bytes, and 1024 are the limit");
  BOOST_TEST(fails(magic + made(kind::call, 0)) ==
             "its handshake has a message of kind 10 where kind 60 is due");
  BOOST_TEST(fails(magic + made(kind::proof, 0, std::string(32, 'x'))) ==
             "its handshake has a message of kind 62 where kind 60 is due");
  std::string const nonce(32, 'n');
  for (auto const& bad :
       {std::string(), nonce, nonce + '\1', nonce + '\2' + text("one") + number(1),
        nonce + '\1' + text("") + number(1), nonce + '\1' + text("a b") + number(1),
        nonce + '\1' + text(std::string(256, 'a')) + number(1), nonce + '\1' + text("one"),
        nonce + '\1' + text("one") + number(1) + "more"})
    BOOST_TEST(fails(magic + made(kind::introduce, 0, bad)) == "its introduction cannot be read");
}

BOOST_AUTO_TEST_CASE(what_a_stranger_says_cannot_break_the_log) {
  auto one = connecting();
  (void)one.hears(made(kind::deny, 0, text("no\n2026 error all is lost\x1b[31m")));
  BOOST_TEST(one.shakes.why() == "it refuses this runner: no?2026 error all is lost?[31m");
}

BOOST_AUTO_TEST_CASE(proofs_are_of_the_length_they_have) {
  for (std::size_t const size : {0U, 31U, 33U, 1000U}) {
    auto one = connecting();
    auto two = serving();
    (void)two.hears(one.words);
    (void)two.hears(made(kind::proof, 0, std::string(size, '\0')));
    BOOST_TEST((two.shakes.now() == state::failed));
  }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_secured_is_refused_at_the_start) {
  auto const why = [](pando::link_security chosen) {
    try {
      pando::secure_link const made(std::move(chosen));
    } catch (std::invalid_argument const& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  BOOST_TEST(why({{"", 0}, "", "", "", ""}) == "pando: the name of a runner is empty");
  BOOST_TEST(why({{"a b", 0}, "", "", "", ""}) ==
             "pando: the name of a runner has visible ASCII characters only, and no spaces");
  BOOST_TEST(why({{std::string(256, 'a'), 0}, "", "", "", ""}) ==
             "pando: the name of a runner has at most 255 characters, and this one has 256");
  BOOST_TEST(why({{"a", 0}, "cookie", "cert.pem", "", ""}) ==
             "pando: links by certificates take a certificate, its key and the authority, and not "
             "all of them are named");
  BOOST_TEST(why({{"a", 0}, "", "cert.pem", "key.pem", "ca.pem"}) ==
             "pando: links by certificates need a cookie too; set one");
  BOOST_TEST(why({{"a", 0}, "cookie", "/no/such.pem", "/no/key.pem", "/no/ca.pem"})
                 .find("pando: the certificate /no/such.pem cannot be used") == 0U);
  BOOST_TEST(why({{"a", 0}, std::string(4097, 'x'), "", "", ""}) ==
             "pando: the cookie has at most 4096 bytes, and this one has 4097");
  BOOST_TEST(support::runner("a", "fifteen bytes !")->warning().find("the cookie has 15 bytes") ==
             0U);
  BOOST_TEST(support::runner("a", "sixteen bytes !!")->warning() == "");
  BOOST_TEST(support::runner("a", "")->warning() == "");
}

BOOST_AUTO_TEST_SUITE_END()

#endif
