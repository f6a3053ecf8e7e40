// Messages, their answers and small values, in SQLite.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <variant>
#include <vector>

#include <sqlite3.h>

#include <pando/store/detail/sqlite_connection.hpp>
#include <pando/store/detail/sqlite_tables.hpp>

namespace pando::store::detail {

/// A message that is there already.
struct sqlite_tables::earlier {
  std::uint64_t id = 0;
  bool is_same_call = false;
  bool is_of_shard = false;
  std::optional<answer> end{};
};

/// Of the row that is looked for in `like`, or by `id` alone.
inline constexpr char const* found_by_key =
    "SELECT id, kind, answer, entity, instance, rpc, hash, grp, shard FROM pando_messages"
    " WHERE entity = ? AND instance = ? AND rpc = ? AND key = ?";
inline constexpr char const* found_by_id =
    "SELECT id, kind, answer, entity, instance, rpc, hash, grp, shard FROM pando_messages"
    " WHERE id = ?";

inline std::optional<answer> answer_in(sqlite::statement const& row) {
  if (row.is_null(1)) return std::nullopt;
  return answer{as_unsigned(row.integer(0)), static_cast<answer_kind>(row.integer(1)),
                octets_of(row.blob(2))};
}

PANDO_INLINE std::optional<sqlite_tables::earlier> sqlite_tables::find(message const& like) const {
  auto const read = [&](sqlite::statement const& row) {
    return earlier{as_unsigned(row.integer(0)),
                   row.text(3) == like.entity && row.text(4) == like.instance &&
                       row.text(5) == like.rpc && as_unsigned(row.integer(6)) == like.payload_hash,
                   row.text(7) == like.group && row.integer(8) == like.shard, answer_in(row)};
  };
  if (like.key) {
    auto row = in_->prepare(found_by_key);
    row.bind(1, like.entity).bind(2, like.instance).bind(3, like.rpc).bind(4, as_blob(*like.key));
    if (row.step()) return read(row);
  }
  auto row = in_->prepare(found_by_id);
  row.bind(1, as_signed(like.id));
  if (!row.step()) return std::nullopt;
  return read(row);
}

PANDO_INLINE bool sqlite_tables::write_answer(message_operation const& one, std::uint64_t id) {
  return in_->run("UPDATE pando_messages SET answered = ?, kind = ?, answer = ? WHERE id = ?"
                  " AND grp = ? AND shard = ? AND answered IS NULL",
                  system_, static_cast<int>(one.end.kind), as_blob(one.end.payload), as_signed(id),
                  one.what.group, one.what.shard) != 0;
}

/// Gives whether there is one that is the same call.
PANDO_INLINE bool sqlite_tables::note(message_operation& one, std::optional<earlier> there) {
  one.outcome = storage_outcome::unknown;
  if (!there) return false;
  one.outcome = there->is_same_call ? storage_outcome::duplicate : storage_outcome::conflict;
  one.found_id = there->id;
  if (!there->is_same_call) return false;
  one.found = std::move(there->end);
  return true;
}

PANDO_INLINE void sqlite_tables::find_all(std::span<message_operation> all) const {
  for (auto& one : all) {
    one.found_id = 0;
    one.found = std::nullopt;
    (void)note(one, find(one.what));
  }
}

/// There is one already: of that key, or of that id.
PANDO_INLINE void sqlite_tables::merge(message_operation& one, bool with_answer) {
  if (!note(one, find(one.what)) || !with_answer) return;
  one.outcome = storage_outcome::answered;
  if (one.found) return;
  if (!write_answer(one, one.found_id)) { // of another shard than it says
    one.outcome = storage_outcome::conflict;
    return;
  }
  one.found = one.end;
  one.found->id = one.found_id;
  one.outcome = storage_outcome::stored;
  told_ |= as_wakes(wake::answers);
}

PANDO_INLINE void sqlite_tables::save(message_operation& one, bool with_answer) {
  auto const& what = one.what;
  auto row = in_->prepare(
      "INSERT INTO pando_messages(id, grp, shard, entity, instance, rpc, key, hash, due, taken,"
      " payload, context, answered, kind, answer) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
      " ?, ?) ON CONFLICT DO NOTHING");
  // 0 is at once: what was due in 1970 is due a millisecond later.
  auto const due = what.deliver_at
                       ? std::max<std::int64_t>(1, what.deliver_at->time_since_epoch().count())
                       : std::int64_t{0};
  row.bind(1, as_signed(what.id)).bind(2, what.group).bind(3, what.shard).bind(4, what.entity);
  row.bind(5, what.instance).bind(6, what.rpc).bind(8, as_signed(what.payload_hash));
  if (what.key) row.bind(7, as_blob(*what.key));
  row.bind(9, due).bind(10, one.by ? 1 : 0).bind(11, as_blob(what.payload));
  row.bind(12, as_blob(what.context));
  if (with_answer)
    row.bind(13, system_)
        .bind(14, static_cast<int>(one.end.kind))
        .bind(15, as_blob(one.end.payload));
  if (row.run() == 0) return merge(one, with_answer);
  one.outcome = storage_outcome::stored;
  // For what nobody knows of nobody waits: it is stored with its answer, or taken already.
  if (!with_answer && !one.by) told_ |= as_wakes(wake::messages);
}

PANDO_INLINE void sqlite_tables::put_answer(message_operation& one) {
  if (write_answer(one, one.end.id)) {
    one.outcome = storage_outcome::stored;
    told_ |= as_wakes(wake::answers);
    return;
  }
  message like;
  like.id = one.end.id;
  like.group = one.what.group;
  like.shard = one.what.shard;
  auto there = find(like);
  bool const is_there = there && there->is_of_shard;
  one.outcome = is_there ? storage_outcome::answered : storage_outcome::unknown;
  if (!is_there) return;
  one.found_id = there->id;
  one.found = std::move(there->end);
}

PANDO_INLINE void sqlite_tables::ask_for_end(message_operation& one) {
  one.outcome = storage_outcome::stored;
  auto const asked = in_->run("UPDATE pando_messages SET ask = 1 WHERE id = ? AND ask = 0"
                              " AND answered IS NULL",
                              as_signed(one.end.id));
  if (asked != 0) {
    told_ |= as_wakes(wake::messages);
    return;
  }
  message like;
  like.id = one.end.id;
  auto there = find(like);
  if (!there) {
    one.outcome = storage_outcome::unknown;
  } else if (there->end) {
    one.outcome = storage_outcome::answered;
    one.found_id = there->id;
    one.found = std::move(there->end);
  }
}

PANDO_INLINE void sqlite_tables::apply_one(message_operation& one) {
  using action = message_operation::action;
  one.outcome = storage_outcome::fenced;
  one.found_id = 0;
  one.found = std::nullopt;
  bool const is_saved = one.what_to_do == action::save;
  bool const needs_owner = one.what_to_do == action::answer ||
                           one.what_to_do == action::store_chunk ||
                           one.what_to_do == action::save_answered || (is_saved && one.by);
  if (needs_owner && !(one.by && owns(one.what.group, one.what.shard, *one.by))) return;
  switch (one.what_to_do) {
  case action::save:
    return save(one, false);
  case action::save_answered:
    return save(one, true);
  case action::answer:
    return put_answer(one);
  case action::interrupt:
    return ask_for_end(one);
  case action::find:
    return find_all(std::span(&one, 1));
  case action::store_chunk:
    return put_chunk(one);
  case action::acknowledge:
    return acknowledge(one);
  }
}

/// What is bound by name, as `$2`, is the same wherever it stands in the text.
inline void bind_all(sqlite::statement& to, sql_statement const& from) {
  for (std::size_t at = 0; at < from.values.size(); ++at) {
    auto const name = "$" + std::to_string(at + 1);
    int const place = ::sqlite3_bind_parameter_index(to.handle(), name.c_str());
    int const number = place != 0 ? place : static_cast<int>(at + 1);
    auto const bind = [&](auto const& value) {
      using type = std::remove_cvref_t<decltype(value)>;
      if constexpr (std::is_same_v<type, std::monostate>)
        to.bind(number, nullptr);
      else if constexpr (std::is_same_v<type, bytes>)
        to.bind(number, std::span<std::byte const>(value.value_));
      else
        to.bind(number, value);
    };
    std::visit(bind, from.values[at]);
  }
}

/// Whether a statement of a handler is at fault, and not the file: whatever is wrong with it, but
/// that the disk is full or fails, or that the file is damaged.
inline bool is_of_statement(sqlite::error const& why) noexcept {
  switch (why.kind()) {
  case sqlite::fault::full:
  case sqlite::fault::not_a_database:
    return false;
  case sqlite::fault::io:
    return why.code() == SQLITE_IOERR_GETTEMPPATH; // what it sorts finds no place
  case sqlite::fault::corrupt:
    return why.code() == SQLITE_CORRUPT_VTAB; // a table of an extension's, as FTS5
  default:
    return true;
  }
}

/// Gives what is wrong with one of them.
PANDO_INLINE std::optional<sqlite::error>
sqlite_tables::execute(std::vector<sql_statement> const& all) {
  if (all.empty()) return std::nullopt;
  auto const most = std::max(in_->options().busy_timeout, milliseconds(1'000));
  sqlite::detail::guard const apart(in_->connection(), most);
  try {
    for (auto const& one : all) {
      transaction::check(one.text);
      auto statement = in_->prepare(one.text);
      bind_all(statement, one);
      statement.run();
    }
  } catch (sqlite::error const& why) {
    if (!is_of_statement(why)) throw;
    return why;
  } catch (std::invalid_argument const& why) {
    return sqlite::error(sqlite::fault::statement, why.what());
  }
  return std::nullopt;
}

/// Gives why it cannot be written, where a statement of a handler is at fault.
PANDO_INLINE std::optional<sqlite::error> sqlite_tables::write(writes const& all) {
  if (auto why = execute(all.statements)) return why;
  for (auto const& [name, value] : all.values)
    in_->run("INSERT OR REPLACE INTO pando_values VALUES(?, ?)", name, as_blob(value));
  int loose = 0; // keys that are checked at the COMMIT, which is of all
  int most = 0;
  ::sqlite3_db_status(in_->handle(), SQLITE_DBSTATUS_DEFERRED_FKS, &loose, &most, 0);
  if (loose == 0) return std::nullopt;
  return sqlite::error(sqlite::fault::constraint, "sqlite: FOREIGN KEY constraint failed");
}

/// In a savepoint: what fails is undone alone.
PANDO_INLINE void sqlite_tables::apply_with_writes(message_operation& one) {
  if (one.outcome == storage_outcome::refused) return;
  auto const told = told_;
  in_->run("SAVEPOINT pando_call");
  apply_one(one);
  std::optional<sqlite::error> why;
  if (one.outcome == storage_outcome::stored) why = write(one.with);
  if (!why) {
    in_->run("RELEASE pando_call");
    return;
  }
  told_ = told;
  one.outcome = storage_outcome::refused;
  one.found_id = 0;
  one.found = std::nullopt;
  one.why = why->what();
  if (!in_->is_in_transaction()) {
    if (why->kind() == sqlite::fault::constraint)
      one.why += "; it rolls back everybody's transaction, not its own: use OR ABORT";
    throw sqlite::detail::undone(why->kind(), one.why, why->code());
  }
  in_->run("ROLLBACK TO pando_call");
  in_->run("RELEASE pando_call");
}

PANDO_INLINE void sqlite_tables::apply(std::span<message_operation> all) {
  for (auto& one : all)
    if (one.with.empty())
      apply_one(one);
    else
      apply_with_writes(one);
}

PANDO_INLINE std::vector<answer> sqlite_tables::answers(ids const& which) const {
  std::vector<answer> given;
  auto row = in_->prepare("SELECT id, kind, answer FROM pando_messages WHERE id = ?");
  for (auto const id : which) {
    row.bind(1, as_signed(id));
    if (!row.step()) continue;
    if (auto found = answer_in(row)) given.push_back(*std::move(found));
  }
  return given;
}

PANDO_INLINE std::size_t sqlite_tables::prune(milliseconds age, std::size_t most) {
  constexpr std::size_t at_once = 1'000'000;
  auto const before = system_ - age.count();
  most = std::min(most, at_once);
  in_->run("DELETE FROM pando_chunks WHERE id IN (SELECT id FROM pando_messages"
           " WHERE answered < ? ORDER BY answered LIMIT ?)",
           before, most);
  return static_cast<std::size_t>(
      in_->run("DELETE FROM pando_messages WHERE id IN (SELECT id FROM pando_messages"
               " WHERE answered < ? ORDER BY answered LIMIT ?)",
               before, most));
}

PANDO_INLINE message_counts sqlite_tables::count(std::string_view no_rpc) const {
  // What is answered is counted by an index alone.
  auto row = in_->prepare(
      no_rpc.empty() ? "SELECT (SELECT count(*) FROM pando_messages WHERE answered IS NULL),"
                       " (SELECT count(*) FROM pando_messages WHERE answered IS NOT NULL)"
                     : "SELECT (SELECT count(*) FROM pando_messages WHERE answered IS NULL"
                       " AND rpc <> ?),"
                       " (SELECT count(*) FROM pando_messages WHERE answered IS NOT NULL)");
  if (!no_rpc.empty()) row.bind(1, no_rpc);
  row.step();
  return {as_unsigned(row.integer(0)), as_unsigned(row.integer(1))};
}

PANDO_INLINE std::optional<std::string> sqlite_tables::value(std::string const& name) const {
  auto row = in_->prepare("SELECT value FROM pando_values WHERE name = ?");
  if (!row.bind(1, name).step()) return std::nullopt;
  return octets_of(row.blob(0));
}

PANDO_INLINE bool sqlite_tables::set_value(std::string const& name, std::string const& value,
                                           shard_key const& shard, fence const& by) {
  if (!owns(shard.group, shard.shard, by)) return false;
  in_->run("INSERT OR REPLACE INTO pando_values VALUES(?, ?)", name, as_blob(value));
  return true;
}

} // namespace pando::store::detail

#include <pando/store/impl/sqlite_chunks.ipp>
