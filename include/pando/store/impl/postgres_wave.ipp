// Which operations go together, their parameters, and what the answers mean.
#pragma once

#include <algorithm>
#include <functional>
#include <unordered_map>
#include <utility>

#include <pando/store/detail/postgres_columns.hpp>
#include <pando/store/detail/postgres_wave.hpp>

#if PANDO_HAS_POSTGRES

namespace pando::store::detail {

PANDO_INLINE postgres_fences::claim postgres_fences::claim_of(message_operation const& from) {
  return {from.what.group, from.what.shard, from.by->incarnation, from.by->epoch};
}
PANDO_INLINE void postgres_fences::add(message_operation const& from) {
  if (from.by) all_.emplace(claim_of(from), 0);
}
PANDO_INLINE void postgres_fences::number() {
  std::int64_t last = 0;
  for (auto& [which, number] : all_) number = ++last;
}
PANDO_INLINE std::int64_t postgres_fences::number_of(message_operation const& from) const {
  return from.by ? all_.find(claim_of(from))->second : 0;
}
PANDO_INLINE void postgres_fences::add_to(postgres::statement& what) const {
  octet_column groups;
  std::vector<std::int64_t> shards;
  std::vector<std::int64_t> owners;
  std::vector<std::int64_t> epochs;
  for (auto const& [which, number] : all_) {
    groups.emplace_back(as_octets(std::get<0>(which)));
    shards.push_back(std::get<1>(which));
    owners.push_back(as_bigint(std::get<2>(which)));
    epochs.push_back(as_bigint(std::get<3>(which)));
  }
  what.add(groups);
  what.add(shards);
  what.add(owners);
  what.add(epochs);
}

/// Which wave an operation goes to. Of each thing it keeps the first wave that is wholly behind the
/// last operation on it; 0: there was none.
class postgres_order {
 public:
  std::size_t place(postgres_operation const& one) {
    wave_ = 0;
    if (one.what->what_to_do == postgres_action::find)
      place_find(one);
    else if (is_save(*one.what))
      place_save(one);
    else if (is_of_chunks(*one.what))
      place_chunk(*one.what);
    else
      place_answer(*one.what);
    return wave_;
  }

 private:
  using shard = std::pair<std::string_view, std::uint32_t>;
  struct touched {
    std::size_t saved = 0;
    std::size_t answered = 0;
    std::size_t found = 0;
    std::size_t chunked = 0;
  };

  void strictly_after(std::size_t last) { wave_ = (std::max)(wave_, last); }
  void not_before(std::size_t last) { strictly_after(last == 0 ? 0 : last - 1); }
  void keep(std::size_t& last) const { last = (std::max)(last, wave_ + 1); }

  void place_save(postgres_operation const& one) {
    auto const& it = *one.what;
    bool const ends = it.what_to_do == postgres_action::save_answered;
    auto& by_id = ids_[it.what.id];
    strictly_after(by_id.saved);
    strictly_after(by_id.found);
    not_before(by_id.answered);
    not_before(by_id.chunked);
    if (one.call_key.empty()) return keep(by_id.saved);
    // A key may lead to a message of its shard whose id only the table knows.
    auto& by_key = keys_[one.call_key];
    strictly_after(by_key.answered);
    strictly_after(by_key.found);
    if (ends)
      strictly_after(by_key.saved);
    else
      not_before(by_key.saved);
    auto& in_shard = shards_[shard(it.what.group, it.what.shard)];
    not_before(in_shard.answered);
    not_before(interrupted_);
    not_before(chunked_);
    keep(by_id.saved);
    keep(ends ? by_key.answered : by_key.saved);
    if (!ends) return;
    keep(in_shard.saved);
    keep(merged_);
  }

  /// It is done last of its wave, and sees what was saved in that.
  void place_find(postgres_operation const& one) {
    auto const& it = *one.what;
    auto& by_id = ids_[it.what.id];
    not_before(by_id.saved);
    not_before(by_id.answered);
    if (!one.call_key.empty()) {
      auto& by_key = keys_[one.call_key];
      not_before(by_key.saved);
      not_before(by_key.answered);
      not_before(shards_[shard(it.what.group, it.what.shard)].answered);
      keep(by_key.found);
    }
    keep(by_id.found);
  }

  /// They are done first of their wave.
  void place_chunk(message_operation const& it) {
    auto& by_id = ids_[it.part.id];
    strictly_after(by_id.saved);
    strictly_after(by_id.answered);
    strictly_after(by_id.found);
    strictly_after(by_id.chunked);
    strictly_after(merged_);
    keep(by_id.chunked);
    keep(chunked_);
  }

  void place_answer(message_operation const& it) {
    auto& by_id = ids_[it.end.id];
    not_before(by_id.chunked);
    strictly_after(by_id.saved);
    strictly_after(by_id.answered);
    strictly_after(by_id.found);
    if (it.what_to_do == postgres_action::interrupt) {
      strictly_after(merged_);
      keep(interrupted_);
    } else {
      auto& in_shard = shards_[shard(it.what.group, it.what.shard)];
      strictly_after(in_shard.saved);
      keep(in_shard.answered);
    }
    keep(by_id.answered);
  }

  std::unordered_map<std::uint64_t, touched> ids_;
  std::unordered_map<std::string, touched> keys_;
  std::map<shard, touched> shards_; ///< of saved ones those with a key and an answer alone
  std::size_t merged_ = 0;          ///< saved with a key and an answer, wherever
  std::size_t interrupted_ = 0;
  std::size_t chunked_ = 0;
  std::size_t wave_ = 0;
};

PANDO_INLINE std::vector<postgres_wave> postgres_waves(std::vector<message_operation*> const& all) {
  std::vector<postgres_wave> waves;
  postgres_order order;
  for (auto* const which : all) {
    bool const is_owners = which->what_to_do == postgres_action::answer ||
                           which->what_to_do == postgres_action::store_chunk ||
                           which->what_to_do == postgres_action::save_answered;
    if (is_owners && !which->by) {
      which->outcome = storage_outcome::fenced;
      continue;
    }
    postgres_operation one{which};
    bool const finds = which->what_to_do == postgres_action::find;
    if (finds || is_save(*which)) one.call_key = call_key_of(which->what);
    auto const at = order.place(one);
    if (waves.size() <= at) waves.resize(at + 1);
    auto& wave = waves[at];
    auto& to = finds                                               ? wave.finds
               : is_save(*which)                                   ? wave.saves
               : !is_of_chunks(*which)                             ? wave.answers
               : which->what_to_do == postgres_action::store_chunk ? wave.chunks
                                                                   : wave.acknowledgements;
    to.push_back(std::move(one));
  }
  // Two transactions come to the same rows in the same order.
  for (auto& wave : waves) {
    std::sort(wave.saves.begin(), wave.saves.end(), [](auto const& left, auto const& right) {
      int const by_key = left.call_key.compare(right.call_key);
      return by_key != 0 ? by_key < 0 : std::less<>()(left.what, right.what); // of one array
    });
    std::sort(wave.answers.begin(), wave.answers.end(), [](auto const& left, auto const& right) {
      return left.what->end.id < right.what->end.id;
    });
    for (auto* const all_of_kind : {&wave.chunks, &wave.acknowledgements})
      std::sort(all_of_kind->begin(), all_of_kind->end(), [](auto const& left, auto const& right) {
        return left.what->part.id < right.what->part.id;
      });
  }
  return waves;
}

PANDO_INLINE bool postgres_wave::has_keys() const noexcept {
  return !saves.empty() && !saves.back().call_key.empty();
}

PANDO_INLINE bool postgres_wave::saves_as_owner() const noexcept {
  return std::all_of(saves.begin(), saves.end(),
                     [](postgres_operation const& one) { return one.what->by.has_value(); });
}

inline bool is_unsettled(postgres_operation const& one) {
  return !one.call_key.empty() && one.what->outcome == storage_outcome::none;
}

PANDO_INLINE bool postgres_wave::is_unsettled_somewhere() const noexcept {
  return std::any_of(saves.begin(), saves.end(), &is_unsettled);
}

PANDO_INLINE postgres::statement postgres_wave::answer_statement(std::string text) const {
  auto const fences = fences_of(answers);
  std::vector<std::int64_t> ids, fence_numbers, kinds, shards, groups;
  postgres_texts texts;
  octet_column payloads;
  for (auto const& one : answers) {
    auto const& it = *one.what;
    bool const ends = it.what_to_do == postgres_action::answer;
    ids.push_back(as_bigint(it.end.id));
    fence_numbers.push_back(ends ? fences.number_of(it) : 0);
    groups.push_back(texts.number_of(it.what.group));
    shards.push_back(it.what.shard);
    kinds.push_back(ends ? static_cast<std::int64_t>(it.end.kind) : 0);
    payloads.push_back(ends ? std::optional(as_octets(it.end.payload)) : std::nullopt);
  }
  postgres::statement what(std::move(text));
  fences.add_to(what);
  what.add(payloads);
  for (auto const* const column : {&ids, &fence_numbers, &kinds, &groups, &shards})
    what.add(*column);
  what.add(texts.all());
  return what;
}

PANDO_INLINE postgres::statement postgres_wave::save_statement(std::string text) const {
  auto const fences = fences_of(saves);
  std::vector<std::int64_t> ids, fence_numbers, shards, hashes, epochs, due, kinds;
  std::vector<std::int64_t> groups, entities, rpcs, contexts;
  postgres_texts texts;
  octet_column instances, keys, call_keys, payloads, ends;
  for (auto const& one : saves) {
    auto const& it = one.what->what;
    bool const is_ended = one.what->what_to_do == postgres_action::save_answered;
    ids.push_back(as_bigint(it.id));
    fence_numbers.push_back(fences.number_of(*one.what));
    shards.push_back(it.shard);
    hashes.push_back(as_bigint(it.payload_hash));
    epochs.push_back(one.what->by ? as_bigint(one.what->by->epoch) : 0);
    due.push_back(it.deliver_at ? std::int64_t{it.deliver_at->time_since_epoch().count()}
                                : postgres_at_once);
    kinds.push_back(is_ended ? static_cast<std::int64_t>(one.what->end.kind) : 0);
    groups.push_back(texts.number_of(it.group));
    entities.push_back(texts.number_of(it.entity));
    rpcs.push_back(texts.number_of(it.rpc));
    contexts.push_back(texts.number_of(it.context));
    instances.emplace_back(as_octets(it.instance));
    keys.push_back(it.key ? std::optional(as_octets(*it.key)) : std::nullopt);
    call_keys.push_back(it.key ? std::optional(as_octets(one.call_key)) : std::nullopt);
    payloads.emplace_back(as_octets(it.payload));
    ends.push_back(is_ended ? std::optional(as_octets(one.what->end.payload)) : std::nullopt);
  }
  postgres::statement what(std::move(text));
  fences.add_to(what);
  for (auto const* const column : {&instances, &payloads, &ends}) what.add(*column);
  for (auto const* const column : {&ids, &fence_numbers, &shards, &hashes, &epochs, &due, &kinds,
                                   &groups, &entities, &rpcs, &contexts})
    what.add(*column);
  what.add(texts.all());
  if (!has_keys()) return what;
  what.add(keys);
  what.add(call_keys);
  return what;
}

/// Of those that are not saved, and have a key.
PANDO_INLINE postgres::statement postgres_wave::settle_statement(std::string text) const {
  auto const fences = fences_of(saves);
  std::vector<std::int64_t> numbers, fence_numbers, hashes, kinds;
  octet_column call_keys, ends;
  for (std::size_t at = 0; at < saves.size(); ++at) {
    auto const& one = saves[at];
    if (!is_unsettled(one)) continue;
    bool const is_ended = one.what->what_to_do == postgres_action::save_answered;
    numbers.push_back(static_cast<std::int64_t>(at));
    fence_numbers.push_back(fences.number_of(*one.what));
    hashes.push_back(as_bigint(one.what->what.payload_hash));
    kinds.push_back(is_ended ? static_cast<std::int64_t>(one.what->end.kind) : 0);
    call_keys.emplace_back(as_octets(one.call_key));
    ends.push_back(is_ended ? std::optional(as_octets(one.what->end.payload)) : std::nullopt);
  }
  postgres::statement what(std::move(text));
  fences.add_to(what);
  for (auto const* const column : {&call_keys, &ends}) what.add(*column);
  for (auto const* const column : {&numbers, &fence_numbers, &hashes, &kinds}) what.add(*column);
  return what;
}

PANDO_INLINE postgres::statement postgres_wave::find_statement(std::string text) const {
  std::vector<std::int64_t> ids;
  octet_column call_keys;
  for (auto const& one : finds) {
    ids.push_back(as_bigint(one.what->what.id));
    call_keys.push_back(one.what->what.key ? std::optional(as_octets(one.call_key)) : std::nullopt);
  }
  postgres::statement what(std::move(text));
  what.add(call_keys);
  what.add(ids);
  return what;
}

/// One row (3) where all were written, and else: a fence that holds (0, its number), or a message
/// of these (1: written now; 2: it is there).
PANDO_INLINE void postgres_wave::read_answers(postgres::result const& rows) const {
  auto const fences = fences_of(answers);
  std::vector<bool> holds(fences.size() + 1);
  holds[0] = true;
  std::unordered_map<std::uint64_t, postgres::row> there;
  if (rows.size() == 1 && rows.front().get<int>(0) == 3) {
    for (auto const& one : answers) one.what->outcome = storage_outcome::stored;
    return;
  }
  for (auto const row : rows)
    if (row.get<int>(0) == 0)
      holds[row.get<std::size_t>(1)] = true;
    else
      there.emplace(number_of(row, 1), row);
  for (auto const& one : answers) {
    auto& it = *one.what;
    bool const ends = it.what_to_do == postgres_action::answer;
    auto const row = there.find(it.end.id);
    if (ends && !holds[static_cast<std::size_t>(fences.number_of(it))]) {
      it.outcome = storage_outcome::fenced;
    } else if (row == there.end()) {
      it.outcome = storage_outcome::unknown;
    } else if (row->second.get<int>(0) == 1) {
      it.outcome = storage_outcome::stored;
    } else if (!row->second.is_null(2)) {
      it.outcome = storage_outcome::answered;
      it.found_id = it.end.id;
      it.found = answer_at(row->second, it.end.id, 2);
    } // else it was answered in between: to be looked at again
  }
}

/// One row (3) where all are written, and else: a fence that holds (0, its number), or a message
/// that is written (1, its id).
PANDO_INLINE void postgres_wave::read_saves(postgres::result const& rows) const {
  auto const fences = fences_of(saves);
  std::vector<bool> holds(fences.size() + 1);
  holds[0] = true;
  std::unordered_map<std::uint64_t, bool> made;
  if (rows.size() == 1 && rows.front().get<int>(0) == 3) {
    for (auto const& one : saves) one.what->outcome = storage_outcome::stored;
    return;
  }
  for (auto const row : rows)
    if (row.get<int>(0) == 0)
      holds[row.get<std::size_t>(1)] = true;
    else
      made.emplace(number_of(row, 1), true);
  for (auto const& one : saves)
    if (!holds[static_cast<std::size_t>(fences.number_of(*one.what))])
      one.what->outcome = storage_outcome::fenced;
    else if (made.contains(one.what->what.id))
      one.what->outcome = storage_outcome::stored;
}

/// Rows: which operation, the message of its key, whether that is the same call, whether it has the
/// operation's answer now, and the answer that it had.
PANDO_INLINE void postgres_wave::read_settled(postgres::result const& rows) const {
  for (auto const row : rows) {
    auto& it = *saves[row.get<std::size_t>(0)].what;
    if (it.outcome != storage_outcome::none) continue;
    bool const ends = it.what_to_do == postgres_action::save_answered;
    auto const id = number_of(row, 1);
    if (!row.get<bool>(2)) {
      it.outcome = storage_outcome::conflict;
      it.found_id = id;
      continue;
    }
    bool const is_merged = row.get<bool>(3);
    bool const is_answered = !row.is_null(4);
    if (ends && !is_merged && !is_answered) continue; // it was answered in between
    it.found_id = id;
    if (is_merged)
      it.found = answer{id, it.end.kind, it.end.payload};
    else if (is_answered)
      it.found = answer_at(row, id, 4);
    it.outcome = !ends       ? storage_outcome::duplicate
                 : is_merged ? storage_outcome::stored
                             : storage_outcome::answered;
  }
}

/// Of a row of `postgres_find`.
inline void note_found(message_operation& it, postgres::row const& row, bool is_by_key) {
  auto const& call = it.what;
  bool const is_same_call =
      number_of(row, 3) == call.payload_hash &&
      (is_by_key || (text_of(row, 6) == call.entity && text_of(row, 7) == call.instance &&
                     text_of(row, 8) == call.rpc));
  it.outcome = is_same_call ? storage_outcome::duplicate : storage_outcome::conflict;
  it.found_id = number_of(row, 2);
  if (!is_same_call) return;
  if (!row.is_null(4)) it.found = answer_at(row, it.found_id, 4);
}

/// Rows: how it was found (0: by its key; 1: by its id), which operation (by its number, or its
/// id), the message, whether that is a call of the same payload, its answer, and its call.
PANDO_INLINE void postgres_wave::read_found(postgres::result const& rows) const {
  for (auto const& one : finds) one.what->outcome = storage_outcome::unknown;
  for (int const way : {0, 1})
    for (auto const row : rows) {
      if (row.get<int>(0) != way) continue;
      for (std::size_t at = 0; at < finds.size(); ++at) {
        auto& it = *finds[at].what;
        bool const is_it =
            way == 0 ? row.get<std::size_t>(1) == at + 1 : number_of(row, 2) == it.what.id;
        if (is_it && it.outcome == storage_outcome::unknown) note_found(it, row, way == 0);
      }
    }
}

} // namespace pando::store::detail

#endif
