// Chunks of messages, in PostgreSQL.
#pragma once

#include <unordered_map>
#include <utility>

#include <pando/store/detail/postgres_columns.hpp>
#include <pando/store/detail/postgres_store.hpp>
#include <pando/store/detail/postgres_wave.hpp>

#if PANDO_HAS_POSTGRES

namespace pando::store::detail {

PANDO_INLINE postgres::statement postgres_wave::chunk_statement(std::string text) const {
  auto const fences = fences_of(chunks);
  std::vector<std::int64_t> ids, fence_numbers, sequences, items, groups, shards;
  postgres_texts texts;
  octet_column payloads;
  for (auto const& one : chunks) {
    auto const& it = *one.what;
    ids.push_back(as_bigint(it.part.id));
    fence_numbers.push_back(fences.number_of(it));
    sequences.push_back(as_bigint(it.part.sequence));
    items.push_back(as_bigint(it.part.items));
    groups.push_back(texts.number_of(it.what.group));
    shards.push_back(it.what.shard);
    payloads.emplace_back(as_octets(it.part.payload));
  }
  postgres::statement what(std::move(text));
  fences.add_to(what);
  what.add(payloads);
  for (auto const* const column : {&ids, &fence_numbers, &sequences, &items, &groups, &shards})
    what.add(*column);
  what.add(texts.all());
  return what;
}

PANDO_INLINE postgres::statement postgres_wave::acknowledge_statement(std::string text) const {
  std::vector<std::int64_t> ids, sequences;
  for (auto const& one : acknowledgements) {
    ids.push_back(as_bigint(one.what->part.id));
    sequences.push_back(as_bigint(one.what->part.sequence));
  }
  postgres::statement what(std::move(text));
  what.add(ids);
  what.add(sequences);
  return what;
}

/// Rows: a fence that holds (0, its number), or a message of these that is there (1): its answer,
/// and its last chunk as it was before.
PANDO_INLINE void postgres_wave::read_chunks(postgres::result const& rows) const {
  auto const fences = fences_of(chunks);
  std::vector<bool> holds(fences.size() + 1);
  std::unordered_map<std::uint64_t, postgres::row> there;
  for (auto const row : rows)
    if (row.get<int>(0) == 0)
      holds[row.get<std::size_t>(1)] = true;
    else
      there.emplace(number_of(row, 1), row);
  for (auto const& one : chunks) {
    auto& it = *one.what;
    auto const row = there.find(it.part.id);
    if (!holds[static_cast<std::size_t>(fences.number_of(it))]) {
      it.outcome = storage_outcome::fenced;
    } else if (row == there.end()) {
      it.outcome = storage_outcome::unknown;
    } else if (!row->second.is_null(2)) {
      it.outcome = storage_outcome::answered;
      it.found_id = it.part.id;
      it.found = answer_at(row->second, it.part.id, 2);
    } else {
      auto const next = row->second.is_null(4) ? 0 : number_of(row->second, 4) + 1;
      it.outcome = it.part.sequence > next ? storage_outcome::conflict : storage_outcome::stored;
    }
  }
}

/// Rows: the messages that are there.
PANDO_INLINE void postgres_wave::read_acknowledged(postgres::result const& rows) const {
  for (auto const& one : acknowledgements) one.what->outcome = storage_outcome::unknown;
  for (auto const row : rows)
    for (auto const& one : acknowledgements)
      if (one.what->part.id == number_of(row, 0)) one.what->outcome = storage_outcome::stored;
}

PANDO_LAZY_BODY task<std::vector<chunk>>
postgres_store::chunks(std::vector<chunk_place> const& from, std::size_t most) {
  std::vector<std::int64_t> ids, sequences;
  for (auto const& one : from) {
    ids.push_back(as_bigint(one.id));
    sequences.push_back(as_bigint(one.sequence));
  }
  postgres::batch work;
  work.add(postgres_plans);
  work.add(sql("SELECT c.id, c.sequence, c.items, c.payload "
               "FROM unnest($1::bigint[], $2::bigint[]) AS w(id, sequence) CROSS JOIN LATERAL "
               "(SELECT * FROM @chunks WHERE id = w.id AND sequence >= w.sequence "
               "ORDER BY sequence LIMIT $3) c ORDER BY c.id, c.sequence"),
           ids, sequences, most);
  results const done = co_await transact(messages(), std::move(work), postgres_work::reads);
  std::vector<chunk> found;
  for (auto const row : done[1])
    found.push_back({number_of(row, 0), number_of(row, 1), number_of(row, 2), text_of(row, 3)});
  co_return found;
}

PANDO_LAZY_BODY task<std::vector<acknowledgement>>
postgres_store::acknowledged(std::vector<std::uint64_t> const& ids) {
  std::vector<std::int64_t> const numbers(ids.begin(), ids.end());
  postgres::batch work;
  work.add(postgres_plans);
  work.add(sql("SELECT id, COALESCE(min(sequence) FILTER (WHERE NOT is_acknowledged), "
               "max(sequence) + 1), sum(said)::bigint FROM @chunks "
               "WHERE id = ANY ($1::bigint[]) GROUP BY id"),
           numbers);
  results const done = co_await transact(messages(), std::move(work), postgres_work::reads);
  std::vector<acknowledgement> found;
  for (auto const row : done[1])
    found.push_back({number_of(row, 0), number_of(row, 1), number_of(row, 2)});
  co_return found;
}

} // namespace pando::store::detail

#endif
