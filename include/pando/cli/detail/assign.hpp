// A request put together piece by piece: which value a flag names, and what the flag does to it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <pando/cli/detail/shape.hpp>
#include <pando/cli/detail/value.hpp>
#include <pando/config.hpp>
#include <pando/meta/name_index.hpp>
#include <pando/meta/sequence.hpp>
#include <pando/schema/description.hpp>

namespace pando::cli::detail {

/// One step from a value to one in it.
struct request_step {
  enum class kind : std::uint8_t { member, element, alternative };
  kind what = kind::member;
  std::string name{};
  std::size_t index = 0;
};

/// A value of a request, and how it is reached.
struct request_place {
  pando::detail::sequence<request_step> steps{};
  std::uint32_t type = 0;
  bool names_alternative = false; ///< `--shape.type`: the variant itself
};

/// What a flag's name leads to in a request of type `type`. False: no such value.
bool find_value(described_app const& app, std::uint32_t type, std::string_view spelling,
                request_place& found);

/// Puts values into a document. Every function that gives a bool says in `why` what is wrong: a
/// whole sentence without full stop, that begins with the flag.
class request_builder {
 public:
  request_builder(described_app const& app, std::uint32_t type, json_value& document,
                  file_reader files)
      : app_(app), type_(type), document_(document), files_(std::move(files)) {}

  bool set(request_place const& at, std::string_view flag, std::string_view text, std::string& why);
  /// `--no-flag`
  bool unset(request_place const& at, std::string_view flag, std::string& why);
  /// Takes note that a value was given, though not one that could be used.
  void consider_given(request_place const& at);
  /// Makes structures that need no value of their own; gives the paths of values still missing.
  struct hole {
    std::string path;
    std::string spelling;
    std::uint32_t type;
  };
  pando::detail::sequence<hole> holes();

 private:
  bool walk(request_place const& at, std::string_view flag, json_value*& to, std::string& path,
            std::string& why);
  bool choose(json_value& variant, std::string const& path, std::string const& name,
              std::string_view flag, std::string& why);
  bool set_once(std::string const& path, std::string_view flag, std::string& why);
  bool set_whole(std::uint32_t type, std::string_view text, json_value& to, std::string& why);
  bool set_variant(bare_type const& type, std::string_view text, json_value& to, std::string& why);
  bool set_json(bare_type const& type, std::string_view text, json_value& to, std::string& why);
  bool add_element(bare_type const& type, std::string const& path, std::string_view text,
                   json_value& to, std::string& why);
  bool add_entry(bare_type const& type, std::string_view text, json_value& to, std::string& why);
  void find_holes(std::uint32_t type, json_value& at, hole const& here,
                  pando::detail::sequence<hole>& out, int depth);
  void find_field_holes(described_type const& type, json_value& at, hole const& here,
                        pando::detail::sequence<hole>& out, int depth);

  described_app const& app_;
  std::uint32_t type_;
  json_value& document_;
  file_reader files_;
  pando::detail::name_index given_;  ///< paths that flags have set
  pando::detail::name_index chosen_; ///< … and where they have chosen alternatives
  pando::detail::sequence<std::string> alternatives_;
};

} // namespace pando::cli::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/cli/impl/assign.ipp>
#endif
