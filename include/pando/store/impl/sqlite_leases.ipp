// Runners and their shards, in SQLite.
#pragma once

#include <set>

#include <pando/store/detail/clocks.hpp>
#include <pando/store/detail/sqlite_tables.hpp>

namespace pando::store::detail {

/// SQLite's integers are signed: large ones keep their bits.
inline std::int64_t as_signed(std::uint64_t value) noexcept {
  return static_cast<std::int64_t>(value);
}
inline std::uint64_t as_unsigned(std::int64_t value) noexcept {
  return static_cast<std::uint64_t>(value);
}
inline std::span<std::byte const> as_blob(std::string const& octets) noexcept {
  return std::as_bytes(std::span(octets));
}
inline std::string octets_of(std::span<std::byte const> blob) {
  return {reinterpret_cast<char const*>(blob.data()), blob.size()};
}

PANDO_INLINE sqlite_tables::sqlite_tables(sqlite::database& in, process_identity const& here)
    : in_(&in), here_(&here), now_(machine_time().count()), system_(system_time().count()) {}

PANDO_INLINE bool sqlite_tables::owns(std::string const& group, std::uint32_t shard,
                                      fence const& by) const {
  if (last_.is_known && last_.shard == shard && last_.by.epoch == by.epoch &&
      last_.by.incarnation == by.incarnation && last_.group == group)
    return last_.holds;
  auto row = in_->prepare("SELECT 1 FROM pando_shards WHERE grp = ? AND shard = ?"
                          " AND incarnation = ? AND epoch = ? AND ends > ?");
  row.bind(1, group).bind(2, shard).bind(3, as_signed(by.incarnation));
  row.bind(4, as_signed(by.epoch)).bind(5, now_);
  last_ = {group, shard, by, true, row.step()};
  return last_.holds;
}

PANDO_INLINE sqlite_tables::ids
sqlite_tables::lost(std::optional<milliseconds> forget_after) const {
  ids found;
  auto rows = in_->prepare("SELECT incarnation, seen, process, started, space FROM pando_runners");
  while (rows.step()) {
    bool const is_silent = forget_after && now_ - rows.integer(1) > forget_after->count();
    if (is_silent ||
        has_ended({rows.integer(2), rows.integer(3), std::string(rows.text(4))}, *here_))
      found.push_back(as_unsigned(rows.integer(0)));
  }
  return found;
}

PANDO_INLINE bool sqlite_tables::has_lost(milliseconds forget_after) const {
  return !lost(forget_after).empty();
}

/// A process that is gone has withdrawn; of one that is silent only the entry is dropped.
PANDO_INLINE bool sqlite_tables::drop_lost(std::optional<milliseconds> forget_after) {
  for (auto const one : lost(std::nullopt)) withdraw(one);
  if (forget_after)
    for (auto const one : lost(forget_after)) {
      in_->run("DELETE FROM pando_runners WHERE incarnation = ?", as_signed(one));
      told_ |= as_wakes(wake::shards);
    }
  return told_ != 0;
}

PANDO_INLINE void sqlite_tables::declare_group(std::string const& group, std::uint32_t shards) {
  auto row = in_->prepare("SELECT shards FROM pando_groups WHERE name = ?");
  row.bind(1, group);
  bool const is_known = row.step();
  auto const before = is_known ? row.integer(0) : 0;
  if (is_known && before == shards) return;
  if (is_known) {
    drop_lost(std::nullopt);
    auto use = in_->prepare("SELECT EXISTS(SELECT 1 FROM pando_runners) OR"
                            " EXISTS(SELECT 1 FROM pando_messages INDEXED BY pando_waiting"
                            " WHERE grp = ? AND answered IS NULL)");
    use.bind(1, group).step();
    if (use.integer(0) != 0)
      throw storage_error(storage_fault::incompatible,
                          "sqlite: the group \"" + group + "\" is in use with " +
                              std::to_string(before) + " shards in " + in_->path() + ", not " +
                              std::to_string(shards) +
                              "; stop its runners and let its messages be answered first");
  }
  in_->run("INSERT OR REPLACE INTO pando_groups VALUES(?, ?)", group, shards);
}

/// From one to the next, so that a number rests for as long as can be.
PANDO_INLINE std::uint16_t sqlite_tables::free_machine(std::uint64_t incarnation) const {
  constexpr std::uint64_t most = 1024;
  std::set<std::int64_t> used;
  auto rows = in_->prepare("SELECT machine FROM pando_runners");
  while (rows.step()) used.insert(rows.integer(0));
  if (used.size() >= most)
    throw storage_error(storage_fault::refused, "sqlite: 1024 runners are enlisted in " +
                                                    in_->path() + ", which are as many as may be");
  auto one = incarnation % most;
  while (used.contains(as_signed(one))) one = (one + 1) % most;
  return static_cast<std::uint16_t>(one);
}

PANDO_INLINE enlistment sqlite_tables::enlist(runner_entry const& who) {
  drop_lost(std::nullopt);
  in_->run("UPDATE pando_about SET value = value + 1 WHERE name = 'incarnation'");
  auto row = in_->prepare("SELECT value FROM pando_about WHERE name = 'incarnation'");
  row.step();
  enlistment made;
  made.incarnation = as_unsigned(row.integer(0));
  in_->run("DELETE FROM pando_runners WHERE address = ?", who.address);
  made.machine = free_machine(made.incarnation);
  in_->run("INSERT INTO pando_runners VALUES(?, ?, ?, ?, 1, ?, ?, ?, ?, ?)", who.address,
           as_signed(made.incarnation), made.machine, who.weight, now_, now_, here_->id,
           here_->started, here_->space);
  told_ |= as_wakes(wake::shards);
  return made;
}

PANDO_INLINE renewal sqlite_tables::renew(std::uint64_t incarnation, milliseconds ttl) {
  auto const id = as_signed(incarnation);
  if (in_->run("UPDATE pando_runners SET seen = ? WHERE incarnation = ?", now_, id) == 0) return {};
  renewal given{true, {}};
  in_->run("UPDATE pando_shards SET ends = ? WHERE incarnation = ? AND ends > ?",
           now_ + ttl.count(), id, now_);
  auto rows = in_->prepare("SELECT grp, shard, epoch FROM pando_shards"
                           " WHERE incarnation = ? AND ends > ?");
  rows.bind(1, id).bind(2, now_);
  while (rows.step())
    given.held.push_back({std::string(rows.text(0)), static_cast<std::uint32_t>(rows.integer(1)),
                          as_unsigned(rows.integer(2))});
  return given;
}

/// Gives whether nobody had it.
PANDO_INLINE bool sqlite_tables::acquire_one(std::uint64_t incarnation, shard_key const& which,
                                             std::int64_t until, std::vector<shard_lease>& given) {
  std::int64_t epoch = 0;
  bool is_owned = false;
  {
    auto row = in_->prepare("SELECT incarnation, epoch, ends FROM pando_shards"
                            " WHERE grp = ? AND shard = ?");
    row.bind(1, which.group).bind(2, which.shard);
    if (row.step()) {
      epoch = row.integer(1);
      is_owned = row.integer(2) > now_;
      if (is_owned && as_unsigned(row.integer(0)) != incarnation) return false;
    }
  }
  if (!is_owned) {
    ++epoch;
    // What was taken in the epoch before can be taken again, and interrupts are told again.
    in_->run("UPDATE pando_messages INDEXED BY pando_waiting SET taken = 0, had = 1,"
             " ask = min(ask, 1) WHERE grp = ? AND shard = ? AND taken = 1 AND answered IS NULL",
             which.group, which.shard);
  }
  in_->run("INSERT INTO pando_shards VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT(grp, shard)"
           " DO UPDATE SET incarnation = ?3, epoch = ?4, ends = ?5",
           which.group, which.shard, as_signed(incarnation), epoch, until);
  given.push_back({which.group, which.shard, as_unsigned(epoch)});
  return !is_owned;
}

PANDO_INLINE std::vector<shard_lease> sqlite_tables::acquire(std::uint64_t incarnation,
                                                             std::vector<shard_key> const& wanted,
                                                             milliseconds ttl) {
  drop_lost(std::nullopt);
  std::vector<shard_lease> given;
  {
    auto row = in_->prepare("SELECT 1 FROM pando_runners WHERE incarnation = ?");
    if (!row.bind(1, as_signed(incarnation)).step()) return given;
  }
  std::set<shard_key> const each(wanted.begin(), wanted.end());
  for (auto const& which : each)
    if (acquire_one(incarnation, which, now_ + ttl.count(), given)) told_ |= as_wakes(wake::shards);
  return given;
}

PANDO_INLINE void sqlite_tables::release(std::uint64_t incarnation,
                                         std::vector<shard_lease> const& held) {
  for (auto const& one : held)
    in_->run("UPDATE pando_shards SET ends = 0 WHERE grp = ? AND shard = ? AND incarnation = ?"
             " AND epoch = ?",
             one.group, one.shard, as_signed(incarnation), as_signed(one.epoch));
  told_ |= as_wakes(wake::shards);
}

PANDO_INLINE void sqlite_tables::step_down(std::uint64_t incarnation) {
  in_->run("UPDATE pando_runners SET healthy = 0 WHERE incarnation = ?", as_signed(incarnation));
  told_ |= as_wakes(wake::shards);
}

PANDO_INLINE void sqlite_tables::withdraw(std::uint64_t incarnation) {
  auto const id = as_signed(incarnation);
  in_->run("UPDATE pando_shards SET ends = 0 WHERE incarnation = ?", id);
  in_->run("DELETE FROM pando_runners WHERE incarnation = ?", id);
  told_ |= as_wakes(wake::shards);
}

PANDO_INLINE bool sqlite_tables::mark(std::string const& address, bool is_healthy,
                                      milliseconds alive) {
  auto const changed =
      in_->run("UPDATE pando_runners SET healthy = ?2 WHERE address = ?1 AND (?2 OR EXISTS("
               "SELECT 1 FROM pando_runners WHERE address <> ?1 AND healthy AND seen >= ?3))",
               address, is_healthy ? 1 : 0, now_ - alive.count());
  if (changed != 0) told_ |= as_wakes(wake::shards);
  return changed != 0;
}

PANDO_INLINE fleet_view sqlite_tables::look() const {
  fleet_view given;
  auto rows = in_->prepare("SELECT address, incarnation, machine, weight, healthy, seen, came"
                           " FROM pando_runners");
  while (rows.step())
    given.runners.push_back({std::string(rows.text(0)), as_unsigned(rows.integer(1)),
                             static_cast<std::uint16_t>(rows.integer(2)), rows.real(3),
                             rows.integer(4) != 0, milliseconds(now_ - rows.integer(5)),
                             milliseconds(now_ - rows.integer(6))});
  auto shards = in_->prepare("SELECT grp, shard, epoch, incarnation, ends FROM pando_shards"
                             " WHERE ends > ?");
  shards.bind(1, now_);
  while (shards.step())
    given.owners.push_back({std::string(shards.text(0)),
                            static_cast<std::uint32_t>(shards.integer(1)),
                            as_unsigned(shards.integer(2)), as_unsigned(shards.integer(3)),
                            milliseconds(shards.integer(4) - now_)});
  return given;
}

} // namespace pando::store::detail
