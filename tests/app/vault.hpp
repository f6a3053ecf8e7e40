// An app with secrets wherever a contract can have them, and a room behind several guards.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <pando/http.hpp>
#include <pando/pando.hpp>

namespace vault {

/// The secret of all of them: a test looks for it in what it should not be in.
inline constexpr std::string_view word = "hunter2";

struct Key {
  std::int64_t id;
  pando::secret<std::string> word;
};
struct Sealed {
  static constexpr int exit_code = 5;
  pando::secret<std::string> word;
};
struct Open {
  std::vector<pando::secret<std::string>> words;
  std::optional<std::variant<pando::secret<int>, bool>> code;
  std::optional<pando::secret<pando::checked<int, pando::is::at_most<9>>>> pin;
  pando::secret<pando::defaulted<std::string, "hunter2">> fallback;
};
/// Says in its refusal what was given.
struct Amount {
  int value = 0;
};
} // namespace vault

template <>
struct pando::travels_as<vault::Amount> {
  using type = std::string;
  static vault::Amount from(std::string const& text) {
    throw pando::refused{"must be an amount, not " + text};
  }
  static std::string to(vault::Amount const& value) { return std::to_string(value.value); }
};

namespace vault {

struct Probe {
  pando::secret<pando::checked<std::string, pando::is::max_length<3>>> word;
  std::optional<pando::secret<std::vector<Amount>>> amounts;
};

struct Vault
    : pando::controller<
          "vault", pando::route<"keys", std::vector<Key>(), pando::cli::command<>>,
          pando::route<"either", std::variant<pando::secret<std::string>, int>(),
                       pando::cli::command<>>,
          pando::route<"seal", void(), pando::raises<Sealed>, pando::cli::command<>>,
          pando::route<"open", std::size_t(Open), pando::http::post<"/open">,
                       pando::cli::command<>>,
          pando::route<"probe", void(Probe), pando::http::get<"/probe/{word}">>,
          pando::route<"leak", void(), pando::http::post<"/leak">, pando::cli::command<>>> {};

inline auto const vaults = pando::implement<Vault>(
    pando::on<"keys"> =
        [](pando::io& io) {
          std::vector<Key> const rows{{1, {std::string(word)}}, {2, {std::string(word)}}};
          io.table(rows);
          return rows;
        },
    pando::on<"either"> =
        [] {
          return std::variant<pando::secret<std::string>, int>(
              pando::secret<std::string>(std::string(word)));
        },
    pando::on<"seal"> = [] { throw Sealed{{std::string(word)}}; },
    pando::on<"open"> = [](Open in) { return in.words.size(); },
    pando::on<"probe"> = [](Probe) {},
    // As a handler that asks another app, and does not expect this answer.
    pando::on<"leak"> = [] { throw pando::declared_error("Sealed", R"({"word":"hunter2"})"); });

/// Guards that write down that they were asked, and refuse when they are told to.
struct asked {
  std::vector<std::string> names{};
  std::string refuses{}; ///< the guard that does
};
template <pando::fixed_string Name>
struct guard {
  asked* all;
  void check(pando::caller& who) const {
    std::string const name(Name.view());
    all->names.push_back(name);
    if (all->refuses == name) throw pando::forbidden("no entry: " + name);
    who.principal += name;
  }
};

struct Inside {
  std::string principal;
  int steps;
};
struct Step {
  int steps;
};
struct Room
    : pando::controller<
          "room", pando::guarded_by<guard<"gate">, guard<"hall">>,
          pando::route<"enter", Inside(Step), pando::guarded_by<guard<"door">>,
                       pando::http::post<"/enter">, pando::cli::command<>>,
          pando::route<"look", Inside(Step), pando::http::get<"/look">, pando::cli::command<>>> {};

inline auto const rooms = pando::implement<Room>(
    pando::on<"enter"> =
        [](Step in, pando::caller const& who) {
          return Inside{who.principal, in.steps};
        },
    pando::on<"look"> =
        [](Step in, pando::caller const& who) {
          return Inside{who.principal, in.steps};
        });

/// What the guards are, with the place where they write.
struct guards {
  asked all{};
  guard<"gate"> gate{&all};
  guard<"hall"> hall{&all};
  guard<"door"> door{&all};
};

inline auto make_app(guards& with) {
  return pando::app(vaults, rooms)
      .named("vault")
      .provide(with.gate)
      .provide(with.hall)
      .provide(with.door);
}

} // namespace vault
