// Requests taken and put back, in SQLite.
#pragma once

#include <algorithm>
#include <set>

#include <pando/store/detail/sqlite_tables.hpp>

namespace pando::store::detail {

PANDO_INLINE void sqlite_tables::hand_out(std::uint64_t id, taken_messages& into) {
  auto row = in_->prepare("SELECT grp, shard, entity, instance, rpc, payload, context, key, hash,"
                          " due, ask, taken, had FROM pando_messages WHERE id = ?");
  row.bind(1, as_signed(id));
  if (!row.step()) return;
  auto& made = into.all.emplace_back();
  auto& what = made.what;
  what.id = id;
  what.group = row.text(0);
  what.shard = static_cast<std::uint32_t>(row.integer(1));
  what.entity = row.text(2);
  what.instance = row.text(3);
  what.rpc = row.text(4);
  what.payload = octets_of(row.blob(5));
  what.context = octets_of(row.blob(6));
  if (!row.is_null(7)) what.key = octets_of(row.blob(7));
  what.payload_hash = as_unsigned(row.integer(8));
  if (auto const due = row.integer(9); due != 0) what.deliver_at = storage_time(milliseconds(due));
  made.is_interrupted = row.integer(10) != 0;
  made.is_taken_before = row.integer(11) != 0;
  made.was_taken_by_another = row.integer(12) != 0;
  row.reset();
  in_->run("UPDATE pando_messages SET taken = 1, ask = ask + (ask = 1) WHERE id = ?",
           as_signed(id));
}

/// Gives whether there are more than that.
PANDO_INLINE bool sqlite_tables::take_from(shard_lease const& from, std::size_t most,
                                           taken_messages& into) {
  std::set<std::uint64_t> found;
  auto const look = [&](char const* text, std::optional<std::int64_t> now) {
    auto rows = in_->prepare(text);
    rows.bind(1, from.group).bind(2, from.shard).bind(3, most + 1);
    if (now) rows.bind(4, *now);
    while (rows.step()) found.insert(as_unsigned(rows.integer(0)));
  };
  // Each in the order of the index: a long queue is not sorted.
  look("SELECT id FROM pando_messages INDEXED BY pando_waiting WHERE grp = ?1 AND shard = ?2"
       " AND taken = 0 AND due = 0 AND answered IS NULL ORDER BY id LIMIT ?3",
       std::nullopt);
  look("SELECT id FROM pando_messages INDEXED BY pando_waiting WHERE grp = ?1 AND shard = ?2"
       " AND taken = 0 AND due BETWEEN 1 AND ?4 AND answered IS NULL ORDER BY due LIMIT ?3",
       system_);
  look("SELECT id FROM pando_messages INDEXED BY pando_asked WHERE grp = ?1 AND shard = ?2"
       " AND ask = 1 AND answered IS NULL ORDER BY id LIMIT ?3",
       std::nullopt);
  std::size_t count = 0;
  for (auto const id : found)
    if (count++ < most) hand_out(id, into);
  return found.size() > most;
}

/// Each owned shard with whether it has something to take, and when it has next.
inline constexpr char const* shards_to_look_at =
    "SELECT * FROM (SELECT s.grp, s.shard, s.epoch,"
    " EXISTS(SELECT 1 FROM pando_messages m INDEXED BY pando_waiting WHERE m.grp = s.grp"
    "  AND m.shard = s.shard AND m.taken = 0 AND m.due <= ?3 AND m.answered IS NULL)"
    " OR EXISTS(SELECT 1 FROM pando_messages m INDEXED BY pando_asked WHERE m.grp = s.grp"
    "  AND m.shard = s.shard AND m.ask = 1 AND m.answered IS NULL) AS has,"
    " (SELECT m.due FROM pando_messages m INDEXED BY pando_waiting WHERE m.grp = s.grp"
    "  AND m.shard = s.shard AND m.taken = 0 AND m.due > ?3 AND m.answered IS NULL"
    "  ORDER BY m.due LIMIT 1) AS next"
    " FROM pando_shards s INDEXED BY pando_owned WHERE s.incarnation = ?1 AND s.ends > ?2)"
    " WHERE has OR next IS NOT NULL";

PANDO_INLINE taken_messages sqlite_tables::take(std::uint64_t incarnation,
                                                std::vector<shard_lease> const& held,
                                                std::size_t most) {
  constexpr std::size_t at_once = 1'000'000;
  most = std::min(most, at_once);
  taken_messages given;
  std::set<shard_lease> const asked(held.begin(), held.end());
  std::vector<shard_lease> having;
  std::set<shard_lease> waiting; // something in it is due later
  {
    auto rows = in_->prepare(shards_to_look_at);
    rows.bind(1, as_signed(incarnation)).bind(2, now_).bind(3, system_);
    while (rows.step()) {
      shard_lease const one{std::string(rows.text(0)), static_cast<std::uint32_t>(rows.integer(1)),
                            as_unsigned(rows.integer(2))};
      if (!asked.contains(one)) continue;
      if (rows.integer(3) != 0) having.push_back(one);
      if (!rows.is_null(4)) waiting.insert(one);
    }
  }
  // Each of them the same share, so that a long queue of one does not hold up the others; where
  // there are more shards than may be taken, another one comes first each time.
  if (!having.empty()) {
    auto const first = as_unsigned(system_) % having.size();
    std::rotate(having.begin(), having.begin() + as_signed(first), having.end());
  }
  auto const share = having.empty() ? most : std::max<std::size_t>(1, most / having.size());
  for (auto const& one : having)
    given.is_more |= take_from(one, std::min(share, most - given.all.size()), given);
  for (auto const& one : waiting) { // after the taking: interrupts take what is not due
    auto next = in_->prepare("SELECT due FROM pando_messages INDEXED BY pando_waiting WHERE grp = ?"
                             " AND shard = ? AND taken = 0 AND due > ? AND answered IS NULL"
                             " ORDER BY due LIMIT 1");
    if (!next.bind(1, one.group).bind(2, one.shard).bind(3, system_).step()) continue;
    milliseconds const wait(next.integer(0) - system_);
    given.next_due = given.next_due ? std::min(*given.next_due, wait) : wait;
  }
  std::ranges::sort(given.all, {}, [](taken_message const& one) { return one.what.id; });
  return given;
}

PANDO_INLINE sqlite_tables::ids sqlite_tables::interrupted(ids const& which) const {
  ids given;
  auto row = in_->prepare("SELECT 1 FROM pando_messages WHERE id = ? AND ask <> 0"
                          " AND answered IS NULL");
  for (auto const id : which) {
    row.bind(1, as_signed(id));
    if (row.step()) given.push_back(id);
    row.reset();
  }
  return given;
}

PANDO_INLINE void sqlite_tables::put_back(std::uint64_t incarnation, ids const& which) {
  for (auto const id : which) {
    auto const changed =
        in_->run("UPDATE pando_messages SET taken = 0, ask = min(ask, 1) WHERE id = ? AND taken = 1"
                 " AND answered IS NULL AND EXISTS(SELECT 1 FROM pando_shards s"
                 " WHERE s.grp = pando_messages.grp AND s.shard = pando_messages.shard"
                 " AND s.incarnation = ?)",
                 as_signed(id), as_signed(incarnation));
    if (changed != 0) told_ |= as_wakes(wake::messages);
  }
}

PANDO_INLINE void sqlite_tables::put_back_unknown(std::uint64_t incarnation,
                                                  std::vector<shard_lease> const& held,
                                                  ids const& known) {
  std::set<std::uint64_t> const kept(known.begin(), known.end());
  for (auto const& lease : held) {
    std::vector<std::uint64_t> taken;
    {
      auto rows = in_->prepare(
          "SELECT m.id FROM pando_messages m WHERE m.grp = ?1 AND m.shard = ?2 AND m.taken = 1"
          " AND m.answered IS NULL AND EXISTS(SELECT 1 FROM pando_shards s WHERE s.grp = ?1"
          " AND s.shard = ?2 AND s.epoch = ?3 AND s.incarnation = ?4)");
      rows.bind(1, lease.group).bind(2, lease.shard).bind(3, as_signed(lease.epoch));
      rows.bind(4, as_signed(incarnation));
      while (rows.step()) taken.push_back(as_unsigned(rows.integer(0)));
    }
    for (auto const id : taken)
      in_->run("UPDATE pando_messages SET taken = ?2, ask = min(ask, 1) WHERE id = ?1",
               as_signed(id), kept.contains(id) ? 1 : 0);
  }
  told_ |= as_wakes(wake::messages);
}

} // namespace pando::store::detail
