// The contract that the tests of the HTTP client call.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <pando/contract.hpp>

#include "http/scripted.hpp"

namespace shop {

enum class color { red, green };
struct by_id {
  std::int64_t id;
};
struct note {
  std::int64_t id;
  std::string text;
};
struct edit {
  std::string owner;
  std::int64_t id;
  std::optional<std::string> text;
  std::vector<int> numbers;
};
struct point {
  int x;
  int y;
};
struct search {
  std::string words;
  std::optional<std::string> owner;
  std::vector<color> shades;
  std::set<std::string> tags;
  std::vector<bool> flags;
  pando::defaulted<int, 10> limit;
  double least;
  bool exact;
  std::chrono::seconds age;
  point near;
};
struct hush {
  pando::secret<std::string> token;
  pando::secret<std::string> word;
};
struct taken {
  static constexpr int http_status = 409;
  std::string email;
};
struct missing {
  static constexpr int http_status = 404;
  std::int64_t id;
};

struct Shop
    : pando::controller<
          "shop",
          pando::route<"show", note(by_id), pando::http::get<"/note/{id}">, pando::raises<missing>>,
          pando::route<"drop", void(by_id), pando::http::del<"/note/{id}">>,
          pando::route<"put", note(edit), pando::http::put<"/{owner}/notes/{id}/">>,
          pando::route<"add", note(note), pando::http::post<"/">, pando::http::get<"/second">,
                       pando::raises<missing, taken>>,
          pando::route<"search", std::vector<note>(search), pando::http::get<"/search">>,
          pando::route<"hush", void(hush), pando::http::get<"/hush/{token}">>,
          pando::route<"ping", void(), pando::http::head<"/ping">>,
          pando::route<"touch", void(), pando::http::post<"/touch">>,
          pando::route<"move", void(by_id), pando::http::post<"/move/{id}">>,
          pando::route<"watch", pando::stream<note>(by_id), pando::http::get<"/watch/{id}">,
                       pando::raises<taken>>,
          pando::route<"pour", pando::stream<note>(), pando::http::post<"/pour">>,
          pando::route<"hidden", int()>> {};

/// The sentence of the failure that a call must end in.
template <class Failure, class Call>
pando::task<std::string> failing(Call call) {
  try {
    (void)co_await call();
  } catch (Failure const& error) {
    co_return error.what();
  } catch (std::exception const& other) {
    BOOST_ERROR("another failure: " << other.what());
    co_return "";
  }
  BOOST_ERROR("the call went well");
  co_return "";
}

inline bool has(std::string const& text, std::string_view part) {
  return text.find(part) != text.npos;
}

inline std::string problem(std::string const& members) { return "{" + members + "}"; }

} // namespace shop
