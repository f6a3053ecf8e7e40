// Chunks of messages, in SQLite.
#pragma once

#include <algorithm>

#include <pando/store/detail/sqlite_tables.hpp>

namespace pando::store::detail {

PANDO_INLINE std::int64_t sqlite_tables::next_chunk(std::uint64_t id) const {
  auto row = in_->prepare("SELECT max(sequence) FROM pando_chunks WHERE id = ?");
  row.bind(1, as_signed(id)).step();
  return row.is_null(0) ? 0 : row.integer(0) + 1;
}

PANDO_INLINE void sqlite_tables::put_chunk(message_operation& one) {
  auto const& part = one.part;
  message like;
  like.id = part.id;
  like.group = one.what.group;
  like.shard = one.what.shard;
  auto there = find(like);
  one.outcome = storage_outcome::unknown;
  if (!there || !there->is_of_shard) return;
  if (there->end) {
    one.outcome = storage_outcome::answered;
    one.found_id = there->id;
    one.found = std::move(there->end);
    return;
  }
  auto const next = as_unsigned(next_chunk(part.id));
  one.outcome = part.sequence > next ? storage_outcome::conflict : storage_outcome::stored;
  if (part.sequence != next) return;
  in_->run("INSERT INTO pando_chunks(id, sequence, items, payload) VALUES(?, ?, ?, ?)",
           as_signed(part.id), as_signed(part.sequence), as_signed(part.items),
           as_blob(part.payload));
  told_ |= as_wakes(wake::chunks);
}

PANDO_INLINE void sqlite_tables::acknowledge(message_operation& one) {
  message like;
  like.id = one.part.id;
  one.outcome = find(like) ? storage_outcome::stored : storage_outcome::unknown;
  if (one.outcome == storage_outcome::unknown) return;
  auto const next = next_chunk(one.part.id);
  auto const until = std::min(next, as_signed(one.part.sequence));
  auto const dropped = in_->run("DELETE FROM pando_chunks WHERE id = ? AND sequence < ?",
                                as_signed(one.part.id), std::min(until, next - 1));
  std::int64_t last = 0;
  if (until == next)
    last = in_->run("UPDATE pando_chunks SET had = 1 WHERE id = ? AND sequence = ? AND had = 0",
                    as_signed(one.part.id), next - 1);
  in_->run("UPDATE pando_chunks SET said = said + 1 WHERE id = ? AND sequence = ?",
           as_signed(one.part.id), next - 1);
  if (dropped != 0 || last != 0) told_ |= as_wakes(wake::chunks);
}

PANDO_INLINE std::vector<chunk> sqlite_tables::chunks(std::vector<chunk_place> const& from,
                                                      std::size_t most) const {
  constexpr std::size_t at_once = 1'000'000;
  std::vector<chunk> given;
  auto row = in_->prepare("SELECT sequence, items, payload FROM pando_chunks WHERE id = ?"
                          " AND sequence >= ? ORDER BY sequence LIMIT ?");
  for (auto const& one : from) {
    row.bind(1, as_signed(one.id)).bind(2, as_signed(one.sequence));
    row.bind(3, std::min(most, at_once));
    while (row.step())
      given.push_back({one.id, as_unsigned(row.integer(0)), as_unsigned(row.integer(1)),
                       octets_of(row.blob(2))});
    row.reset();
  }
  return given;
}

PANDO_INLINE std::vector<acknowledgement> sqlite_tables::acknowledged(ids const& which) const {
  std::vector<acknowledgement> given;
  auto row = in_->prepare("SELECT coalesce(min(CASE WHEN had = 0 THEN sequence END),"
                          " max(sequence) + 1), sum(said) FROM pando_chunks WHERE id = ?");
  for (auto const id : which) {
    row.bind(1, as_signed(id));
    if (row.step() && !row.is_null(0))
      given.push_back({id, as_unsigned(row.integer(0)), as_unsigned(row.integer(1))});
    row.reset();
  }
  return given;
}

} // namespace pando::store::detail
