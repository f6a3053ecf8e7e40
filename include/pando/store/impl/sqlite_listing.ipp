// Messages as whoever looks after a storage wants to see them, in SQLite.
#pragma once

#include <algorithm>

#include <pando/store/detail/sqlite_tables.hpp>

namespace pando::store::detail {

inline listed_message listed_in(sqlite::statement const& row, message_state state) {
  listed_message made;
  made.state = state;
  made.what.id = as_unsigned(row.integer(0));
  made.what.group = row.text(1);
  made.what.shard = static_cast<std::uint32_t>(row.integer(2));
  made.what.entity = row.text(3);
  made.what.instance = row.text(4);
  made.what.rpc = row.text(5);
  if (auto const due = row.integer(6); due != 0)
    made.what.deliver_at = storage_time(std::chrono::milliseconds(due));
  return made;
}

/// Those after `before` to the limit, where there are more.
inline void cut(listed_messages& from, std::size_t before, std::size_t most) {
  if (from.all.size() - before <= most) return;
  from.is_more = true;
  from.all.resize(before + most);
}

/// Binds what both ways to list have, behind what is their own.
inline void bind_wanted(sqlite::statement& to, message_filter const& wanted) {
  if (wanted.entity) to.bind(4, *wanted.entity);
  if (wanted.instance) to.bind(5, *wanted.instance);
  to.bind(6, wanted.no_rpc).bind(7, wanted.most + 1);
}
#define PANDO_WANTED                                                                               \
  " WHERE (?4 IS NULL OR entity = ?4) AND (?5 IS NULL OR instance = ?5) AND rpc <> ?6 LIMIT ?7"

/// One way to find messages without an answer: in the order of the index, of one shard.
struct listed_queue {
  message_state state;
  bool is_of_now; ///< its texts ask for the time
  char const* text;
  char const* deeper; ///< gives a row where there are more than are looked at
};
#define PANDO_LISTED(where, order)                                                                 \
  "SELECT * FROM (SELECT id, grp, shard, entity, instance, rpc, due FROM pando_messages"           \
  " INDEXED BY pando_waiting WHERE grp = ?1 AND shard = ?2 AND answered IS NULL AND " where        \
  " ORDER BY " order " LIMIT ?3)" PANDO_WANTED,                                                    \
      "SELECT 1 FROM pando_messages INDEXED BY pando_waiting WHERE grp = ?1 AND shard = ?2"        \
      " AND answered IS NULL AND " where " LIMIT 1 OFFSET ?3"
inline constexpr listed_queue listed_queues[] = {
    {message_state::taken, false, PANDO_LISTED("taken = 1", "due, id")},
    {message_state::waiting, false, PANDO_LISTED("taken = 0 AND due = 0", "id")},
    {message_state::waiting, true, PANDO_LISTED("taken = 0 AND due BETWEEN 1 AND ?8", "due, id")},
    {message_state::scheduled, true, PANDO_LISTED("taken = 0 AND due > ?8", "due, id")},
};
#undef PANDO_LISTED

PANDO_INLINE void sqlite_tables::list_waiting(message_filter const& wanted,
                                              listed_messages& into) const {
  std::vector<shard_key> queues;
  auto next = in_->prepare("SELECT grp, shard FROM pando_messages INDEXED BY pando_waiting"
                           " WHERE answered IS NULL AND (grp, shard) > (?, ?)"
                           " ORDER BY grp, shard LIMIT 1");
  shard_key last{"", 0};
  // No group is called so, and every other name is behind it.
  while (next.bind(1, last.group).bind(2, last.shard).step()) {
    last = {std::string(next.text(0)), static_cast<std::uint32_t>(next.integer(1))};
    queues.push_back(last);
    next.reset();
  }
  if (queues.empty()) return;
  auto const depth = std::max<std::size_t>(1, most_messages_looked_at / queues.size());
  for (auto const state :
       {message_state::taken, message_state::waiting, message_state::scheduled}) {
    if (wanted.state && *wanted.state != state) continue;
    auto const before = into.all.size();
    for (auto const& from : listed_queues) {
      if (from.state != state) continue;
      for (auto const& which : queues) {
        auto rows = in_->prepare(from.text);
        rows.bind(1, which.group).bind(2, which.shard).bind(3, depth);
        bind_wanted(rows, wanted);
        if (from.is_of_now) rows.bind(8, system_);
        while (rows.step()) into.all.push_back(listed_in(rows, state));
        if (into.is_cut || into.all.size() - before > wanted.most) continue;
        auto deeper = in_->prepare(from.deeper);
        deeper.bind(1, which.group).bind(2, which.shard).bind(3, depth);
        if (from.is_of_now) deeper.bind(8, system_);
        into.is_cut = deeper.step();
      }
    }
    std::sort(into.all.begin() + static_cast<std::ptrdiff_t>(before), into.all.end(),
              [state](listed_message const& a, listed_message const& b) {
                bool const is_by_due =
                    state == message_state::scheduled && a.what.deliver_at != b.what.deliver_at;
                return is_by_due ? a.what.deliver_at < b.what.deliver_at : a.what.id < b.what.id;
              });
    cut(into, before, wanted.most);
  }
}

PANDO_INLINE void sqlite_tables::list_failed(message_state what, message_filter const& wanted,
                                             listed_messages& into) const {
  auto const before = into.all.size();
  auto const kind =
      what == message_state::failed ? answer_kind::failure : answer_kind::unreadable;
  auto rows = in_->prepare(
      "SELECT id, grp, shard, entity, instance, rpc, due,"
      " (SELECT substr(a.answer, 1, ?3) FROM pando_messages a WHERE a.id = m.id)"
      " FROM (SELECT id, grp, shard, entity, instance, rpc, due FROM pando_messages"
      " INDEXED BY pando_failed WHERE kind IN (3, 5) AND kind = ?1"
      " ORDER BY answered DESC LIMIT ?2) m" PANDO_WANTED);
  rows.bind(1, static_cast<int>(kind)).bind(2, most_messages_looked_at);
  bind_wanted(rows.bind(3, most_of_listed_answer), wanted);
  while (rows.step()) {
    into.all.push_back(listed_in(rows, what));
    into.all.back().end = octets_of(rows.blob(7));
  }
  auto deeper = in_->prepare("SELECT 1 FROM pando_messages INDEXED BY pando_failed"
                             " WHERE kind IN (3, 5) AND kind = ? LIMIT 1 OFFSET ?");
  if (deeper.bind(1, static_cast<int>(kind)).bind(2, most_messages_looked_at).step())
    into.is_cut = true;
  cut(into, before, wanted.most);
}

PANDO_INLINE listed_messages sqlite_tables::list(message_filter const& wanted) const {
  listed_messages given;
  given.now = storage_time(milliseconds(system_));
  for (auto const state : {message_state::unreadable, message_state::failed})
    if (!wanted.state || *wanted.state == state) list_failed(state, wanted, given);
  list_waiting(wanted, given);
  return given;
}

#undef PANDO_WANTED

} // namespace pando::store::detail
