// Operations that do not depend on one another, so that one statement can do those of a kind.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include <pando/config.hpp>
#include <pando/store/detail/postgres_columns.hpp>
#include <pando/store/messages.hpp>
#include <pando/store/postgres_result.hpp>
#include <pando/store/postgres_statement.hpp>

#if PANDO_HAS_POSTGRES

namespace pando::store::detail {

using postgres_action = message_operation::action;

inline bool is_save(message_operation const& one) {
  return one.what_to_do == postgres_action::save ||
         one.what_to_do == postgres_action::save_answered;
}

/// Each part with its length, so that no two calls have one name.
inline std::string call_key_of(message const& one) {
  std::string all;
  if (!one.key) return all;
  for (auto const* const part : {&one.entity, &one.instance, &one.rpc}) {
    all += std::to_string(part->size()) + ":";
    all += *part;
  }
  return all + *one.key;
}

/// An operation, and the name that no other message may have: of its instance, rpc and key; empty
/// without a key.
struct postgres_operation {
  message_operation* what = nullptr;
  std::string call_key{};
};

/// What the writers of a statement claim to own, each once, in the order of the shards' keys.
class postgres_fences {
 public:
  void add(message_operation const& from);
  /// Call after all were added: they are numbered from 1.
  void number();
  std::int64_t number_of(message_operation const& from) const;
  /// As parameters: groups, shards, owners, epochs.
  void add_to(postgres::statement& what) const;
  std::size_t size() const noexcept { return all_.size(); }

 private:
  using claim = std::tuple<std::string_view, std::uint32_t, std::uint64_t, std::uint64_t>;
  static claim claim_of(message_operation const& from);
  std::map<claim, std::int64_t> all_{};
};

inline bool is_of_chunks(message_operation const& one) {
  return one.what_to_do == postgres_action::store_chunk ||
         one.what_to_do == postgres_action::acknowledge;
}

/// When a message is due that is due at once; null in the table.
inline constexpr std::int64_t postgres_at_once = (std::numeric_limits<std::int64_t>::min)();

/// What can be done at the same time: first the chunks and what is said of them, then the answers
/// and interrupts, then what is saved, and then what is looked for.
struct postgres_wave {
  std::vector<postgres_operation> chunks{};           ///< by id, each once in both
  std::vector<postgres_operation> acknowledgements{}; ///< by id
  std::vector<postgres_operation> answers{};          ///< by id, each once
  std::vector<postgres_operation> saves{};            ///< those with a key by that

  std::vector<postgres_operation> finds{};

  bool only_looks() const noexcept {
    return chunks.empty() && acknowledgements.empty() && answers.empty() && saves.empty();
  }
  bool has_keys() const noexcept;
  /// Whether what is saved is an owner's, all of it, and so most likely not there yet: owners look
  /// before they carry out what has a key.
  bool saves_as_owner() const noexcept;
  /// Whether something with a key has no outcome: there was a message of that key.
  bool is_unsettled_somewhere() const noexcept;
  postgres::statement chunk_statement(std::string text) const;
  postgres::statement acknowledge_statement(std::string text) const;
  postgres::statement answer_statement(std::string text) const;
  postgres::statement save_statement(std::string text) const;
  postgres::statement settle_statement(std::string text) const;
  postgres::statement find_statement(std::string text) const;

  void read_chunks(postgres::result const& rows) const;
  void read_acknowledged(postgres::result const& rows) const;
  void read_answers(postgres::result const& rows) const;
  void read_saves(postgres::result const& rows) const;
  void read_settled(postgres::result const& rows) const;
  void read_found(postgres::result const& rows) const;
};

inline postgres_fences fences_of(std::vector<postgres_operation> const& all) {
  postgres_fences fences;
  for (auto const& one : all) fences.add(*one.what);
  fences.number();
  return fences;
}

/// Texts that many operations share, each sent once.
class postgres_texts {
 public:
  std::int64_t number_of(std::string_view text) {
    auto const [at, is_new] = numbers_.emplace(text, static_cast<std::int64_t>(all_.size() + 1));
    if (is_new) all_.emplace_back(as_octets(text));
    return at->second;
  }
  octet_column const& all() const noexcept { return all_; }

 private:
  std::unordered_map<std::string_view, std::int64_t> numbers_;
  octet_column all_;
};

inline answer answer_at(postgres::row const& row, std::uint64_t id, std::size_t column) {
  return {id, static_cast<answer_kind>(row.get<int>(column)), text_of(row, column + 1)};
}

/// So many waves that each operation sees what those before it did to the same message. Those that
/// cannot succeed are given their outcome, and are in none.
std::vector<postgres_wave> postgres_waves(std::vector<message_operation*> const& all);

} // namespace pando::store::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/store/impl/postgres_wave.ipp>
#endif
#endif
