// A storage in PostgreSQL: its pools, its errors, and wake-ups.
#pragma once

#include <algorithm>
#include <charconv>
#include <random>
#include <stdexcept>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <pando/handler/awaited.hpp>
#include <pando/store/detail/postgres_place.hpp>
#include <pando/store/detail/postgres_store.hpp>

#if PANDO_HAS_POSTGRES

#include <pando/store/detail/libpq_fe.hpp>

namespace pando::store::detail {

inline constexpr char const* postgres_channel = "pando_wake";

inline postgres::options pool_options(postgres_storage_options const& chosen, bool for_messages) {
  postgres::options all;
  all.connection = chosen.connection;
  all.max_connections = for_messages ? chosen.connections : 1;
  all.max_wait = chosen.timeout;
  all.query_timeout = all.max_wait;
  all.connect_timeout = (std::min)(all.connect_timeout, all.max_wait);
  all.last_backoff = std::chrono::seconds(1); // those who wait are few, and wait for this
  return all;
}

inline std::string table_prefix(std::string const& schema) {
  if (schema.empty()) return "pando_";
  std::string quoted = "\"";
  for (char const one : schema) quoted.append(one == '"' ? 2 : 1, one);
  return quoted + "\".pando_";
}

inline std::string random_origin() {
  std::random_device source;
  std::uniform_int_distribution<std::uint64_t> any;
  return std::to_string(any(source));
}

PANDO_INLINE storage_error as_storage_error(postgres::error const& why, bool reads) {
  auto const fault = [&why, reads] {
    if (why.is_outcome_unknown())
      return reads ? storage_fault::unavailable : storage_fault::outcome_unknown;
    switch (why.kind()) {
    case postgres::fault::overloaded:
      return storage_fault::overloaded;
    case postgres::fault::refused:
    case postgres::fault::unusable:
      return storage_fault::refused;
    case postgres::fault::statement:
      break;
    default:
      return storage_fault::unavailable;
    }
    auto const state = why.sqlstate();
    // Shutting down or starting, cancelled, a lost connection, a server that was a primary.
    if (state.starts_with("57") || state.starts_with("08")) return storage_fault::unavailable;
    if (why.is_conflict() || state == "53300" || state == "53200" || state == "55P03")
      return storage_fault::overloaded;
    return storage_fault::refused;
  }();
  std::string sentence = why.what();
  if (why.sqlstate() == "42P01" || why.sqlstate() == "3F000")
    sentence += " (the storage's tables: open() makes them)";
  return {fault, sentence};
}

PANDO_INLINE postgres_store::postgres_store(postgres_storage_options chosen)
    : options_(std::move(chosen)), prefix_(table_prefix(options_.schema)),
      origin_(random_origin()) {
  postgres::detail::postgres_place const checked(options_.connection);
  postgres::detail::postgres_place const also_checked(options_.listen_connection);
}

inline postgres::pool& opened(std::optional<postgres::pool>& one) {
  if (!one) throw storage_error(storage_fault::unavailable, "postgres: the storage is not open");
  return *one;
}
PANDO_INLINE postgres::pool& postgres_store::messages() { return opened(messages_); }
PANDO_INLINE postgres::pool& postgres_store::leases() { return opened(leases_); }

/// As libpq understands it, without what is secret.
PANDO_INLINE std::string postgres_store::describe() const {
  std::string all = "postgres";
  std::unique_ptr<::PQconninfoOption, void (*)(::PQconninfoOption*)> const parsed(
      ::PQconninfoParse(options_.connection.c_str(), nullptr), ::PQconninfoFree);
  for (auto const* one = parsed.get(); one != nullptr && one->keyword != nullptr; ++one) {
    std::string_view const key = one->keyword;
    bool const is_place = key == "host" || key == "hostaddr" || key == "port" || key == "dbname" ||
                          key == "user" || key == "service";
    if (is_place && one->val != nullptr) all.append(" ").append(key).append("=").append(one->val);
  }
  if (!options_.schema.empty()) all += " schema=" + options_.schema;
  return all;
}

PANDO_INLINE void postgres_store::stop() {
  is_closed_ = true;
  waker_->stop();
  if (listener_) listener_->close();
}

PANDO_INLINE void postgres_store::abandon() {
  stop();
  if (messages_) messages_->stop();
  if (leases_) leases_->stop();
  if (auto const apart = apart_.lock()) apart->stop();
}

PANDO_LAZY_BODY task<void> postgres_store::close() {
  auto const self = shared_from_this();
  stop();
  if (messages_) co_await messages_->close();
  if (leases_) co_await leases_->close();
  if (auto const apart = apart_.lock()) co_await apart->close();
}

/// The fence is locked by the statement that writes, so that no owner can come between the look and
/// the commit; a look alone lets one pass. (Its owner is compared in a way that no index serves:
/// the server would go by that of owners, under which all shards of one are.)
inline constexpr char const* postgres_fence =
    "WITH fence AS MATERIALIZED (SELECT f.number FROM "
    "unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::bigint[]) "
    "WITH ORDINALITY AS f(grp, shard, owner, epoch, number) JOIN @shards s ON s.grp = f.grp "
    "AND s.shard = f.shard AND s.epoch = f.epoch AND s.owner IS NOT DISTINCT FROM f.owner "
    "WHERE s.expires > clock_timestamp() ORDER BY f.number FOR KEY SHARE OF s), ";

PANDO_INLINE std::string postgres_store::sql(std::string_view text) const {
  std::string all;
  for (char const one : text)
    if (one == '@')
      all += prefix_;
    else if (one == '#')
      all += sql(postgres_fence);
    else
      all.push_back(one);
  return all;
}

/// At once for the first, since whoever stood in the way is through by now; then later each time.
PANDO_LAZY_BODY task<void> postgres_store::pause(int attempt) {
  if (attempt == 0) co_return;
  auto const longest = std::uint64_t{1} << (std::min)(attempt, 6);
  std::minstd_rand random(std::random_device{}());
  std::uniform_int_distribution<std::uint64_t> any(longest / 2, longest);
  boost::asio::steady_timer timer(executor_, std::chrono::milliseconds(any(random)));
  co_await timer.async_wait(PANDO_AWAITED);
}

PANDO_LAZY_BODY task<postgres::result>
postgres_store::run(postgres::pool& over, postgres::statement what, postgres_work kind) {
  auto const self = shared_from_this();
  for (int attempt = 0;; ++attempt) {
    std::optional<postgres::error> failed;
    try {
      co_return co_await over.run(what);
    } catch (postgres::error const& why) {
      failed = why;
    }
    if (!failed->is_conflict() || attempt == most_postgres_attempts)
      throw as_storage_error(*failed, kind == postgres_work::reads);
    co_await pause(attempt);
  }
}

PANDO_LAZY_BODY task<postgres_store::results>
postgres_store::transact(postgres::pool& over, postgres::batch what, postgres_work kind) {
  auto const self = shared_from_this();
  for (int attempt = 0;; ++attempt) {
    std::optional<postgres::error> failed;
    try {
      co_return co_await over.transaction(what);
    } catch (postgres::error const& why) {
      failed = why;
    }
    if (!failed->is_conflict() || attempt == most_postgres_attempts)
      throw as_storage_error(*failed, kind == postgres_work::reads);
    co_await pause(attempt);
  }
}

PANDO_LAZY_BODY task<postgres_store::results> postgres_store::look_apart(postgres::batch what) {
  auto const self = shared_from_this();
  (void)messages(); // it is open
  if (is_closed_)
    throw storage_error(storage_fault::unavailable, "postgres: the storage is closed");
  auto over = apart_.lock();
  if (!over) {
    over = std::make_shared<postgres::pool>(executor_, pool_options(options_, false));
    apart_ = over;
  }
  postgres::batch work;
  work.add("SELECT set_config('statement_timeout', $1::text, true)",
           std::to_string(options_.timeout.count()));
  for (auto& one : what.statements()) work.add(std::move(one));
  results done = co_await transact(*over, std::move(work), postgres_work::reads);
  done.erase(done.begin());
  co_return done;
}

PANDO_LAZY_BODY task<void> postgres_store::open() {
  auto const self = shared_from_this();
  if (messages_) throw std::logic_error("pando: a storage is opened once");
  executor_ = co_await boost::asio::this_coro::executor;
  messages_.emplace(executor_, pool_options(options_, true));
  leases_.emplace(executor_, pool_options(options_, false));
  waker_->start(executor_);
  for (int attempt = 0;; ++attempt) {
    bool is_made = false;
    std::optional<storage_error> failed;
    try {
      is_made = co_await migrate_once();
    } catch (storage_error const& why) {
      failed = why;
    }
    if (failed) // whoever starts it shall know where
      throw storage_error(failed->fault(), failed->what() + ("; the storage is " + describe()));
    if (is_made) break;
    if (attempt == 100)
      throw storage_error(storage_fault::overloaded,
                          "postgres: others make the tables again and again at the same time");
    co_await pause(attempt);
  }
  if (!options_.listens || listener_ || is_closed_) co_return;
  auto chosen = pool_options(options_, false);
  if (!options_.listen_connection.empty()) chosen.connection = options_.listen_connection;
  listener_.emplace(executor_, std::vector<std::string>{postgres_channel}, chosen);
  boost::asio::co_spawn(executor_, hear(), boost::asio::detached);
}

/// A wake-up is `origin kinds schema`; what it means is told while this is open.
PANDO_LAZY_BODY task<void> postgres_store::hear() {
  auto const self = shared_from_this();
  for (;;) {
    std::optional<postgres::notification> heard;
    try {
      heard = co_await listener_->next();
    } catch (postgres::error const& why) {
      if (why.kind() == postgres::fault::closed || why.kind() == postgres::fault::cancelled)
        co_return;
    }
    if (is_closed_) co_return;
    if (!heard) continue; // refused: it goes on trying
    if (heard->what != postgres::notification::kind::message) {
      waker_->tell(all_wakes);
      continue;
    }
    std::string_view text = heard->payload;
    auto const first = text.find(' ');
    if (first == text.npos || text.substr(0, first) == origin_) continue;
    wakes kinds = 0;
    auto const* const begin = text.data() + first + 1;
    auto const* const end = text.data() + text.size();
    auto const [rest, failed] = std::from_chars(begin, end, kinds);
    bool const is_ours =
        failed == std::errc() && rest != end && std::string_view(rest + 1, end) == options_.schema;
    if (is_ours) waker_->tell(kinds & all_wakes);
  }
}

/// Which runners there are does not say who listens (a client is no runner), so it is always sent.
PANDO_LAZY_BODY void postgres_store::wake_soon(wakes kinds) {
  to_wake_ |= kinds;
  if (to_wake_ == 0 || is_closed_ || std::exchange(is_waking_, true)) return;
  boost::asio::co_spawn(executor_, send_wakes(), boost::asio::detached);
}

/// A notification locks the whole server while it commits: so it has a transaction of its own,
/// which need not wait for a disk, since what it tells of is committed already.
PANDO_LAZY_BODY task<void> postgres_store::send_wakes() {
  auto const self = shared_from_this();
  while (to_wake_ != 0 && !is_closed_) {
    auto const text =
        origin_ + " " + std::to_string(std::exchange(to_wake_, 0)) + " " + options_.schema;
    postgres::batch work;
    work.add("SELECT set_config('synchronous_commit', 'off', true)");
    work.add("SELECT pg_notify($1::text, $2::text)", postgres_channel, text);
    try {
      co_await leases().transaction(std::move(work));
    } catch (postgres::error const&) {
      // Lost: whoever relies on it looks from time to time, and at once after a reconnect.
    }
  }
  is_waking_ = false;
}

} // namespace pando::store::detail

#endif
