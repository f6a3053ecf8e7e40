// Messages, their answers and small values, in memory.
#pragma once

#include <algorithm>

#include <pando/store/detail/clocks.hpp>
#include <pando/store/detail/memory_state.hpp>

namespace pando::store::detail {

PANDO_INLINE memory_state::milliseconds memory_state::message_time() const {
  return now_ ? now_() : system_time();
}

PANDO_INLINE std::optional<memory_state::key> memory_state::key_of(message const& one) {
  if (!one.key) return std::nullopt;
  return key(one.entity, one.instance, one.rpc, *one.key);
}

PANDO_INLINE memory_state::entry* memory_state::find(message const& like) {
  if (auto const wanted = key_of(like); wanted)
    if (auto const found = keys_.find(*wanted); found != keys_.end())
      return &messages_.at(found->second);
  auto const found = messages_.find(like.id);
  return found == messages_.end() ? nullptr : &found->second;
}

PANDO_INLINE bool memory_state::is_same_call(message const& one, message const& other) {
  return one.entity == other.entity && one.instance == other.instance && one.rpc == other.rpc &&
         one.payload_hash == other.payload_hash;
}

PANDO_INLINE void memory_state::queue(entry const& one) {
  auto& shard = shard_of(one);
  auto const id = one.what.id;
  if (one.is_taken)
    shard.taken.insert(id);
  else if (one.what.deliver_at)
    shard.later.emplace(one.what.deliver_at->time_since_epoch(), id);
  else
    shard.ready.insert(id);
  if (one.is_asked) shard.asked.insert(id);
}

PANDO_INLINE void memory_state::unqueue(entry const& one) {
  auto& shard = shard_of(one);
  auto const id = one.what.id;
  shard.taken.erase(id);
  shard.ready.erase(id);
  shard.asked.erase(id);
  if (one.what.deliver_at) shard.later.erase({one.what.deliver_at->time_since_epoch(), id});
}

PANDO_INLINE void memory_state::put_end(entry& one, answer end) {
  unqueue(one);
  end.id = one.what.id;
  one.end = std::move(end);
  one.answered = message_time();
  one.what.payload = {}; // nobody asks for it any more
  one.what.context = {};
  ended_.emplace(one.answered, one.what.id);
}

/// There is one already: of that key, or of that id.
PANDO_INLINE wakes memory_state::found(message_operation& one, entry& there, bool with_answer) {
  one.found_id = there.what.id;
  if (!is_same_call(one.what, there.what)) {
    one.outcome = storage_outcome::conflict;
    return 0;
  }
  wakes told = 0;
  if (!with_answer) {
    one.outcome = storage_outcome::duplicate;
  } else if (there.end) {
    one.outcome = storage_outcome::answered;
  } else {
    put_end(there, one.end);
    one.outcome = storage_outcome::stored;
    told = as_wakes(wake::answers);
  }
  one.found = there.end;
  return told;
}

PANDO_INLINE wakes memory_state::save(message_operation& one, bool with_answer) {
  if (auto* const there = find(one.what); there != nullptr) return found(one, *there, with_answer);
  auto& made = messages_[one.what.id];
  made.what = one.what;
  made.is_taken = one.by.has_value();
  if (auto wanted = key_of(one.what); wanted) keys_.emplace(*std::move(wanted), one.what.id);
  one.outcome = storage_outcome::stored;
  if (with_answer) {
    put_end(made, one.end);
    return 0; // nobody waits for what nobody knows of
  }
  queue(made);
  return made.is_taken ? 0 : as_wakes(wake::messages);
}

PANDO_INLINE wakes memory_state::put_chunk(message_operation& one, entry& target) {
  auto& parts = target.parts;
  auto const next = parts.empty() ? 0 : parts.back().sequence + 1;
  if (one.part.sequence > next) {
    one.outcome = storage_outcome::conflict;
    return 0;
  }
  if (one.part.sequence < next) return 0; // it is there
  parts.push_back(one.part);
  target.acknowledgements = 0;
  return as_wakes(wake::chunks);
}

PANDO_INLINE wakes memory_state::acknowledge(message_operation& one, entry& target) {
  auto& parts = target.parts;
  auto const next = parts.empty() ? 0 : parts.back().sequence + 1;
  auto const had = std::exchange(target.acknowledged,
                                 std::max(target.acknowledged, std::min(one.part.sequence, next)));
  ++target.acknowledgements;
  if (target.acknowledged == had) return 0;
  std::erase_if(parts, [&](chunk const& each) {
    return each.sequence < target.acknowledged && each.sequence + 1 != next;
  });
  return as_wakes(wake::chunks);
}

PANDO_INLINE wakes memory_state::do_one(message_operation& one, milliseconds lease_now) {
  using action = message_operation::action;
  one.outcome = storage_outcome::fenced;
  one.found_id = 0;
  one.found = std::nullopt;
  if (one.what_to_do == action::find) {
    one.outcome = storage_outcome::unknown;
    auto* const there = find(one.what);
    return there == nullptr ? 0 : found(one, *there, false);
  }
  bool const is_saved = one.what_to_do == action::save;
  bool const needs_owner = one.what_to_do == action::answer ||
                           one.what_to_do == action::store_chunk ||
                           one.what_to_do == action::save_answered || (is_saved && one.by);
  if (needs_owner && !(one.by && owns({one.what.group, one.what.shard}, *one.by, lease_now)))
    return 0;
  if (is_saved || one.what_to_do == action::save_answered) return save(one, !is_saved);

  bool const is_of_chunks =
      one.what_to_do == action::store_chunk || one.what_to_do == action::acknowledge;
  auto const there = messages_.find(is_of_chunks ? one.part.id : one.end.id);
  bool const is_there =
      there != messages_.end() && (!needs_owner || (there->second.what.group == one.what.group &&
                                                    there->second.what.shard == one.what.shard));
  one.outcome = is_there ? storage_outcome::stored : storage_outcome::unknown;
  if (!is_there) return 0;
  auto& target = there->second;
  if (one.what_to_do == action::acknowledge) return acknowledge(one, target);
  if (target.end) {
    one.outcome = storage_outcome::answered;
    one.found_id = target.what.id;
    one.found = target.end;
    return 0;
  }
  if (one.what_to_do == action::store_chunk) return put_chunk(one, target);
  if (needs_owner) {
    put_end(target, one.end);
    return as_wakes(wake::answers);
  }
  if (target.is_asked) return 0;
  target.is_asked = true;
  shard_of(target).asked.insert(target.what.id);
  return as_wakes(wake::messages);
}

/// The answer is not recorded before it is known that the rest can be written.
PANDO_INLINE wakes memory_state::do_with_writes(message_operation& one, milliseconds lease_now) {
  if (one.with.statements.empty()) {
    auto const told = do_one(one, lease_now);
    if (one.outcome == storage_outcome::stored)
      for (auto const& [name, value] : one.with.values) values_[name] = value;
    return told;
  }
  one.found_id = 0;
  one.found = std::nullopt;
  bool const is_owner = one.by && owns({one.what.group, one.what.shard}, *one.by, lease_now);
  one.outcome = is_owner ? storage_outcome::refused : storage_outcome::fenced;
  one.why = "a storage in memory carries out no statements; put values, or serve with a file or "
            "PostgreSQL as --store";
  return 0;
}

PANDO_INLINE void memory_state::apply(std::span<message_operation> all) {
  std::lock_guard const lock(mutex_);
  auto const now = lease_time();
  wakes told = 0;
  for (auto& one : all) told |= one.with.empty() ? do_one(one, now) : do_with_writes(one, now);
  tell(told);
}

/// Gives how many more there are than it took, at least.
PANDO_INLINE std::size_t memory_state::take_from(shard_state& from, std::size_t most,
                                                 taken_messages& into) {
  std::set<std::uint64_t> ids;
  auto const now = message_time();
  for (auto const id : from.ready)
    if (ids.size() <= most)
      ids.insert(id);
    else
      break;
  std::size_t left = most + 1;
  for (auto one = from.later.begin(); one != from.later.end() && one->first <= now && left != 0;
       ++one, --left)
    ids.insert(one->second);
  left = most + 1;
  for (auto one = from.asked.begin(); one != from.asked.end() && left != 0; ++one, --left)
    ids.insert(*one);
  for (std::size_t count = 0; count < most && !ids.empty(); ++count) {
    auto& one = messages_.at(ids.extract(ids.begin()).value());
    into.all.push_back({one.what, one.is_asked, one.is_taken, one.was_taken});
    unqueue(one);
    one.is_taken = true;
    from.taken.insert(one.what.id);
  }
  return ids.size();
}

PANDO_INLINE taken_messages memory_state::take(std::uint64_t incarnation,
                                               std::vector<shard_lease> const& held,
                                               std::size_t most) {
  std::lock_guard const lock(mutex_);
  auto const lease_now = lease_time();
  auto const now = message_time();
  taken_messages given;
  std::set<shard_state*> having;
  for (auto const& one : held) {
    if (!owns({one.group, one.shard}, {incarnation, one.epoch}, lease_now)) continue;
    auto& shard = shards_[{one.group, one.shard}];
    bool const is_due = !shard.later.empty() && shard.later.begin()->first <= now;
    if (is_due || !shard.ready.empty() || !shard.asked.empty()) having.insert(&shard);
  }
  // Each of them the same share, so that a long queue of one does not hold up the others.
  std::vector<shard_state*> from(having.begin(), having.end());
  if (!from.empty()) {
    auto const first = from.begin() + static_cast<std::ptrdiff_t>(turn_++ % from.size());
    std::rotate(from.begin(), first, from.end());
  }
  auto const share = from.empty() ? most : std::max<std::size_t>(1, most / from.size());
  for (auto* const one : from) {
    auto const left = std::min(share, most - given.all.size());
    given.is_more |= take_from(*one, left, given) != 0;
  }
  for (auto const& one : held) {
    auto const found = shards_.find({one.group, one.shard});
    if (found == shards_.end()) continue;
    auto const next = found->second.later.upper_bound({now, ~std::uint64_t{0}});
    if (next == found->second.later.end()) continue;
    auto const wait = next->first - now;
    given.next_due = given.next_due ? std::min(*given.next_due, wait) : wait;
  }
  std::ranges::sort(given.all, {}, [](taken_message const& one) { return one.what.id; });
  return given;
}

PANDO_INLINE void memory_state::put_back(std::uint64_t incarnation,
                                         std::vector<std::uint64_t> const& ids) {
  std::lock_guard const lock(mutex_);
  wakes told = 0;
  for (auto const id : ids) {
    auto const found = messages_.find(id);
    if (found == messages_.end() || !found->second.is_taken || found->second.end) continue;
    auto& one = found->second;
    if (shard_of(one).incarnation != incarnation) continue;
    unqueue(one);
    one.is_taken = false;
    queue(one);
    told = as_wakes(wake::messages);
  }
  tell(told);
}

PANDO_INLINE void memory_state::put_back_unknown(std::uint64_t incarnation,
                                                 std::vector<shard_lease> const& held,
                                                 std::vector<std::uint64_t> const& known) {
  std::lock_guard const lock(mutex_);
  auto const now = lease_time();
  std::set<std::uint64_t> const kept(known.begin(), known.end());
  for (auto const& lease : held) {
    if (!owns({lease.group, lease.shard}, {incarnation, lease.epoch}, now)) continue;
    auto const taken = shards_[{lease.group, lease.shard}].taken;
    for (auto const id : taken) {
      auto& one = messages_.at(id);
      unqueue(one);
      one.is_taken = kept.contains(id);
      queue(one);
    }
  }
  tell(as_wakes(wake::messages));
}

PANDO_INLINE std::vector<answer> memory_state::answers(std::vector<std::uint64_t> const& ids) {
  std::lock_guard const lock(mutex_);
  std::vector<answer> given;
  for (auto const id : ids)
    if (auto const found = messages_.find(id); found != messages_.end() && found->second.end)
      given.push_back(*found->second.end);
  return given;
}

PANDO_INLINE std::vector<chunk> memory_state::chunks(std::vector<chunk_place> const& from,
                                                     std::size_t most) {
  std::lock_guard const lock(mutex_);
  std::vector<chunk> given;
  for (auto const& one : from) {
    auto const found = messages_.find(one.id);
    if (found == messages_.end()) continue;
    std::size_t count = 0;
    for (auto const& part : found->second.parts)
      if (part.sequence >= one.sequence && count++ < most) given.push_back(part);
  }
  return given;
}

PANDO_INLINE std::vector<std::uint64_t>
memory_state::interrupted(std::vector<std::uint64_t> const& ids) {
  std::lock_guard const lock(mutex_);
  std::vector<std::uint64_t> given;
  for (auto const id : ids)
    if (auto const found = messages_.find(id);
        found != messages_.end() && found->second.is_asked && !found->second.end)
      given.push_back(id);
  return given;
}

PANDO_INLINE std::vector<acknowledgement>
memory_state::acknowledged(std::vector<std::uint64_t> const& ids) {
  std::lock_guard const lock(mutex_);
  std::vector<acknowledgement> given;
  for (auto const id : ids)
    if (auto const found = messages_.find(id);
        found != messages_.end() && !found->second.parts.empty())
      given.push_back({id, found->second.acknowledged, found->second.acknowledgements});
  return given;
}

PANDO_INLINE std::size_t memory_state::prune(milliseconds age, std::size_t most) {
  std::lock_guard const lock(mutex_);
  auto const before = message_time() - age;
  std::size_t count = 0;
  for (; count < most && !ended_.empty() && ended_.begin()->first < before; ++count) {
    auto const found = messages_.find(ended_.begin()->second);
    if (auto const its = key_of(found->second.what); its) keys_.erase(*its);
    messages_.erase(found);
    ended_.erase(ended_.begin());
  }
  return count;
}

PANDO_INLINE message_counts memory_state::count(std::string_view no_rpc) {
  std::lock_guard const lock(mutex_);
  message_counts all{messages_.size() - ended_.size(), ended_.size()};
  for (auto const& [id, one] : messages_)
    if (!no_rpc.empty() && !one.end && one.what.rpc == no_rpc) --all.waiting;
  return all;
}

/// Of messages in one state, in the order in which they are listed.
PANDO_INLINE std::vector<std::uint64_t> memory_state::ids_in(message_state what) const {
  std::vector<std::uint64_t> found;
  auto const now = message_time();
  if (what == message_state::unreadable || what == message_state::failed) {
    for (auto one = ended_.rbegin(); one != ended_.rend(); ++one) {
      auto const kind = messages_.at(one->second).end->kind;
      bool const is_it = what == message_state::failed ? kind == answer_kind::failure
                                                       : kind == answer_kind::unreadable;
      if (is_it) found.push_back(one->second);
      if (found.size() > most_messages_looked_at) break;
    }
    return found;
  }
  std::set<std::pair<milliseconds, std::uint64_t>> later;
  for (auto const& [which, one] : shards_) {
    auto const& from = what == message_state::taken ? one.taken : one.ready;
    if (what != message_state::scheduled) found.insert(found.end(), from.begin(), from.end());
    for (auto const& [due, id] : one.later)
      if (what == message_state::scheduled && due > now) later.emplace(due, id);
      else if (what == message_state::waiting && due <= now) found.push_back(id);
  }
  std::ranges::sort(found);
  for (auto const& [due, id] : later) found.push_back(id);
  return found;
}

PANDO_INLINE listed_messages memory_state::list(message_filter const& wanted) {
  std::lock_guard const lock(mutex_);
  listed_messages given;
  given.now = storage_time(message_time());
  for (std::size_t number = 0; number < message_states; ++number) {
    auto const state = static_cast<message_state>(number);
    if (wanted.state && *wanted.state != state) continue;
    std::size_t count = 0;
    auto const ids = ids_in(state);
    bool const has_ended = state == message_state::unreadable || state == message_state::failed;
    for (std::size_t at = 0; at < ids.size(); ++at) {
      if (has_ended && at == most_messages_looked_at) {
        given.is_cut = true;
        break;
      }
      auto const id = ids[at];
      auto const& one = messages_.at(id);
      bool const is_wanted = (!wanted.entity || *wanted.entity == one.what.entity) &&
                             (!wanted.instance || *wanted.instance == one.what.instance) &&
                             one.what.rpc != wanted.no_rpc;
      if (!is_wanted) continue;
      if (count++ == wanted.most) {
        given.is_more = true;
        break;
      }
      auto& made = given.all.emplace_back();
      made.state = state;
      made.what = one.what;
      made.what.payload = made.what.context = {};
      made.what.key = std::nullopt;
      if (one.end) made.end = one.end->payload.substr(0, most_of_listed_answer);
    }
  }
  return given;
}

PANDO_INLINE std::optional<std::string> memory_state::value(std::string const& name) {
  std::lock_guard const lock(mutex_);
  auto const found = values_.find(name);
  return found == values_.end() ? std::nullopt : std::optional(found->second);
}

PANDO_INLINE bool memory_state::set_value(std::string const& name, std::string const& value,
                                          shard_key const& shard, fence const& by) {
  std::lock_guard const lock(mutex_);
  if (!owns(shard, by, lease_time())) return false;
  values_[name] = value;
  return true;
}

} // namespace pando::store::detail
