// What a storage keeps of persisted calls: requests, their interrupts, chunks and answers.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <pando/store/leases.hpp>
#include <pando/store/transaction.hpp>

namespace pando::store {

/// A time of the storage's clock: since 1970, to the millisecond.
using storage_time = std::chrono::sys_time<std::chrono::milliseconds>;

/// A persisted request. Texts that are octets may hold any.
struct message {
  std::uint64_t id = 0; ///< of a sender's snowflakes: unique, and grows with each of one sender
  std::string group{};
  std::uint32_t shard = 0;
  std::string entity{};   ///< the kind: `Counter`
  std::string instance{}; ///< its id: `counter-123`
  std::string rpc{};      ///< `Charge`
  std::string payload{};  ///< octets
  std::string context{};  ///< octets: whom it is called for; the storage does not look into it
  std::optional<std::string> key{}; ///< of `primary_key`: one message of an instance and rpc has it
  std::uint64_t payload_hash = 0;   ///< tells another payload of one key
  std::optional<storage_time> deliver_at{}; ///< not handed out before that
};

/// How a request ended.
enum class answer_kind : std::uint8_t {
  result = 1,
  declared_error,
  failure,
  interrupted,
  unreadable, ///< a failure: the program that owned it could not read it
};

/// Its end: recorded once, and never changed.
struct answer {
  std::uint64_t id = 0; ///< of the message
  answer_kind kind = answer_kind::result;
  std::string payload{}; ///< octets
};

/// A part of what a request gives while it has no answer yet: some items of a stream.
struct chunk {
  std::uint64_t id = 0;       ///< of the message
  std::uint64_t sequence = 0; ///< 0, 1, 2 … of each message
  std::uint64_t items = 0;    ///< how many there are of it in this chunk and in those before
  std::string payload{};      ///< octets
};

/// Up to where the chunks of a message go, or from where on.
struct chunk_place {
  std::uint64_t id = 0; ///< of the message
  std::uint64_t sequence = 0;
};

/// What whoever reads the chunks of a message has said.
struct acknowledgement {
  std::uint64_t id = 0;       ///< of the message
  std::uint64_t sequence = 0; ///< the first that was not acknowledged; it may be the one to come
  std::uint64_t times = 0;    ///< for that one, a number that grows when it is said again
};

/// Who writes as an owner, and of which shard in which epoch. The write happens only while that is
/// so by the storage's clock.
struct fence {
  std::uint64_t incarnation = 0;
  std::uint64_t epoch = 0;
};

/// What became of an operation.
enum class storage_outcome : std::uint8_t {
  none,      ///< it was not looked at
  stored,    ///< it is written
  duplicate, ///< there is one of that key (or id) and payload already: see `found`
  conflict,  ///< there is one of that key (or id) with another payload; nothing is written
  fenced,    ///< whoever writes owns the shard no longer; nothing is written
  unknown,   ///< there is no such message; nothing is written
  answered,  ///< it has its answer already, see `found`; nothing is written
  refused,   ///< something of `with` could not be written, see `why`; nothing is written
};

/// One operation of many that commit together. `outcome` and `found` are filled by the storage.
/// Looked at in this order: the fence, where there is `by` or must be; a message of that key; a
/// message of that id, which is a duplicate only if it is the same call (entity, instance, rpc).
struct message_operation {
  enum class action : std::uint8_t {
    /// Writes `what`. With `by`: as one that this owner has taken already. It is a `duplicate` also
    /// of one that is answered.
    save,
    /// Writes `end` of a message that is there, as its owner: `what.group`, `what.shard` and
    /// `end.id` are read, and `by`, without which it is `fenced`.
    answer,
    /// `save` and `answer` in one: `what` with its `end`, as its owner. Where there is one of that
    /// key without an answer, `end` becomes its answer (and `found.id` is its id: `stored`); where
    /// it has one: `answered`. `end.id` is not read.
    save_answered,
    /// Asks for the end of the message `end.id`, whoever owns it. Asked again: `stored`, and
    /// nothing more.
    interrupt,
    /// Writes nothing, and needs no fence: what `save` of `what` would find. `duplicate`,
    /// `conflict`, or `unknown` when it would be stored. A call of nothing but these writes
    /// nothing to a disk.
    find,
    /// Writes `part` of a message that is there, as its owner: `what.group`, `what.shard` and `by`
    /// are read, as of `answer`. It is `stored` also where there is one of that sequence already,
    /// and then nothing more; a `conflict` where one before it is missing.
    store_chunk,
    /// Whoever reads the chunks of `part.id` has all before `part.sequence`. They are dropped, but
    /// for the last of all. Said again: `stored`, and only counted. It needs no fence.
    acknowledge,
  };
  action what_to_do = action::save;
  message what{};
  answer end{};
  chunk part{};
  std::optional<fence> by{};
  /// Of `answer` and `save_answered`: written with the answer, where that is `stored`, and else not
  /// at all. Such an operation may commit apart from the others, and after them.
  writes with{};

  storage_outcome outcome = storage_outcome::none;
  /// For `duplicate`, `conflict`, `answered` and a merged `save_answered`: the message's id, and
  /// (not for `conflict`) its answer if it has one.
  std::uint64_t found_id = 0;
  std::optional<answer> found{};
  std::string why{}; ///< for `refused`: what the storage says
};

/// A stored request that its owner has taken, or the wish that one ends.
struct taken_message {
  message what{};
  bool is_interrupted = false;       ///< somebody asked for its end; told once to each owner
  bool is_taken_before = false;      ///< this owner has it already: only the interrupt is new
  bool was_taken_by_another = false; ///< an owner before this one may have begun it
};

/// What an owner took.
struct taken_messages {
  std::vector<taken_message> all{}; ///< by id, for each instance
  bool is_more = false;             ///< the limit was reached: ask again
  /// The earliest `deliver_at` that is not due yet, of the shards asked about.
  std::optional<std::chrono::milliseconds> next_due{}; ///< from now on, by the storage's clock
};

/// How a message stands, for whoever looks after a storage. What has ended well has none.
enum class message_state : std::uint8_t {
  unreadable, ///< answered so
  failed,     ///< answered with a failure
  taken,      ///< by an owner, and without an answer
  waiting,    ///< to be taken
  scheduled,  ///< not due yet
};
inline constexpr std::size_t message_states = 5;

/// Which messages are listed: those that fit all that is given.
struct message_filter {
  std::optional<message_state> state{};
  std::optional<std::string> entity{};
  std::optional<std::string> instance{};
  std::string no_rpc{};   ///< none of this one
  std::size_t most = 100; ///< of each state
};

/// So many messages of each state are looked at, evenly of each shard, whatever is looked for: a
/// long queue is not read to its end.
inline constexpr std::size_t most_messages_looked_at = 50'000;

struct listed_message {
  message_state state = message_state::waiting;
  message what{};    ///< without payload, context and key
  std::string end{}; ///< of the answer that a failed one has, the first `most_of_listed_answer`
};
inline constexpr std::size_t most_of_listed_answer = 1'024;

/// State by state. Those without an answer: the oldest first (`scheduled`: the next one); those
/// with one: the last that got it first.
struct listed_messages {
  std::vector<listed_message> all{};
  bool is_more = false; ///< there are more of a state than were wanted
  bool is_cut = false;  ///< there may be more: not all of a state were looked at
  storage_time now{};   ///< by the storage's clock
};

/// How many messages are kept.
struct message_counts {
  std::uint64_t waiting = 0; ///< without an answer
  std::uint64_t answered = 0;
};

} // namespace pando::store
