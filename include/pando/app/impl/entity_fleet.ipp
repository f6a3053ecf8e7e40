// What `--store`, `--runner` and `--client-only` do.
#pragma once

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/this_coro.hpp>

#include <pando/app/detail/entity_fleet.hpp>
#include <pando/app/detail/kubernetes_health.hpp>
#include <pando/app/detail/options_check.hpp>
#include <pando/cluster/runner.hpp>
#include <pando/cluster/runner_health.hpp>
#include <pando/link/runner_client.hpp>
#include <pando/link/runner_listener.hpp>
#include <pando/link/secure_link.hpp>
#include <pando/link/serving.hpp>
#include <pando/store/memory_storage.hpp>
#include <pando/store/postgres_storage.hpp>
#include <pando/store/sqlite_storage.hpp>

namespace pando::detail {

/// Where a runner listens, and where others reach it.
struct runner_places {
  runner_address listens{};
  runner_address known{};
};

/// What exists while it is one of a fleet; the order is that of what points to what.
struct entity_fleet::parts {
  std::unique_ptr<store::storage> storage{};
  std::optional<kubernetes_options> pods{}; ///< which say who is able
  runner_places at{};
  std::shared_ptr<secure_link const> security{};
  std::unique_ptr<cluster::runner> runner{};
  std::unique_ptr<serving> served{};
  std::unique_ptr<runner_listener> listener{};
  std::chrono::milliseconds drain{0};
  std::unique_ptr<cluster::health_watch> health{};
};

/// Opens nothing yet. *Throws* std::invalid_argument for a place that this program cannot use.
PANDO_LAZY inline std::unique_ptr<store::storage> make_storage(std::string_view place) {
  bool const is_postgres = place.starts_with("postgres://") || place.starts_with("postgresql://");
  if (is_postgres) {
#if PANDO_HAS_POSTGRES
    store::postgres_storage_options options;
    options.connection = std::string(place);
    return store::make_postgres_storage(std::move(options));
#else
    throw std::invalid_argument("pando: --store postgres://…: this program is built without "
                                "PostgreSQL; link pando::postgres");
#endif
  }
  if (place.find("://") != place.npos)
    throw std::invalid_argument("pando: --store " + std::string(place.substr(0, place.find(':'))) +
                                "://…: there is no such engine; it is postgres://… or the name of "
                                "a file");
#if PANDO_HAS_SQLITE
  if (place.starts_with("sqlite:")) place.remove_prefix(7);
  return store::make_sqlite_storage(std::string(place));
#else
  throw std::invalid_argument("pando: --store " + std::string(place) +
                              ": this program is built without SQLite; link pando::sqlite");
#endif
}

PANDO_INLINE bool has_file_storage() noexcept { return PANDO_HAS_SQLITE == 1; }

/// Other processes run in other folders.
inline std::string absolute(std::string const& path) {
  if (path.starts_with('/')) return path;
  char folder[PATH_MAX];
  if (::getcwd(folder, sizeof folder) == nullptr)
    throw std::system_error(errno, std::generic_category(), "where this process runs");
  return std::string(folder) + '/' + path;
}

/// The life of this process, for its links; the storage counts lives by itself.
inline std::uint64_t life_of_process() {
  timespec at{};
  ::clock_gettime(CLOCK_REALTIME, &at);
  return static_cast<std::uint64_t>(at.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(at.tv_nsec);
}

inline void check_fleet_options(serve_options const& options, bool has_socket) {
  if (options.store.empty())
    throw std::invalid_argument("pando: --runner and --client-only need --store, in which an "
                                "app's processes find one another");
  if (options.client_only && has_runner_place(options))
    throw std::invalid_argument("pando: --client-only hosts no entities, so it has no --runner");
  if (options.client_only && options.weight != serve_options{}.weight)
    throw std::invalid_argument("pando: --client-only hosts no entities, so it has no --weight");
  if (!options.client_only && options.runner.empty() && !has_socket)
    throw std::invalid_argument("pando: --store without a Unix socket needs --runner HOST:PORT, "
                                "where other processes reach this one's entities");
}

/// How it keeps its shards, but for its address. *Throws* std::invalid_argument for what could not
/// go well.
inline cluster::runner_options keeping_of(serve_options const& options) {
  static_assert(serve_options{}.shards == cluster::default_shards);
  auto const refuse = [](std::string const& sentence) {
    throw std::invalid_argument("pando: " + sentence);
  };
  auto const text = [](std::uint32_t number) { return std::to_string(number); };
  if (!std::isfinite(options.weight) || options.weight < 0)
    refuse("a runner's weight must be 0 or a positive number: 2 has twice the shards of 1");
  if (options.shards == 0 || options.shards > most_shards)
    refuse("a group has 1 to " + text(most_shards) + " shards, not " + text(options.shards));
  if (options.lease_ms < shortest_lease_ms)
    refuse("lease_ms must be at least " + text(shortest_lease_ms) + ", not " +
           text(options.lease_ms));
  auto const renewal = options.renewal_ms == 0 ? options.lease_ms / 3 : options.renewal_ms;
  if (options.margin_ms == 0) refuse("margin_ms must be above 0");
  if (std::uint64_t{renewal} + options.margin_ms >= options.lease_ms)
    refuse("a lease of " + text(options.lease_ms) + " ms would end before it is renewed: it must "
           "be longer than " + text(renewal) + " ms from one renewal to the next and the margin "
           "of " + text(options.margin_ms) + " ms together");
  if (options.retention_s < shortest_retention_s)
    refuse("retention_s must be at least " + text(shortest_retention_s) + ", not " +
           text(options.retention_s) + ": callers may still be on their way to the answer");
  using milliseconds = std::chrono::milliseconds;
  cluster::runner_options made;
  made.weight = options.weight;
  made.shards = options.shards;
  made.lease = milliseconds(options.lease_ms);
  made.renewal = milliseconds(renewal);
  made.margin = milliseconds(options.margin_ms);
  made.retention = std::chrono::seconds(options.retention_s);
  made.drain = milliseconds(options.drain_ms);
  return made;
}

/// `own`: the path where it listens when nobody says where.
inline runner_places places_of(serve_options const& options, std::string const& own) {
  bool const is_handed_in = options.runner_socket >= 0;
  bool const is_elsewhere = !options.runner_listen.empty();
  if (is_elsewhere && is_handed_in)
    throw std::invalid_argument("pando: runner_socket listens already, so there is no "
                                "--runner-listen");
  if ((is_elsewhere || is_handed_in) && options.runner.empty())
    throw std::invalid_argument("pando: " + std::string(is_elsewhere ? "--runner-listen"
                                                                     : "runner_socket") +
                                " needs --runner HOST:PORT, where other processes reach this one");
  runner_places places;
  places.known = parse_runner_address(options.runner.empty() ? own : options.runner);
  places.listens = is_elsewhere ? parse_runner_address(options.runner_listen) : places.known;
  if ((is_elsewhere || is_handed_in) && (places.known.is_path() || places.listens.is_path()))
    throw std::invalid_argument("pando: a Unix socket is reached where it listens, so --runner "
                                "alone says its path");
  auto const& host = places.known.host;
  if (host == "0.0.0.0" || host == "::")
    throw std::invalid_argument(
        "pando: --runner " + std::string(options.runner) + ": other processes cannot reach " +
        host + "; it is for listening: --runner HOST:PORT --runner-listen " +
        std::string(options.runner));
  return places;
}

/// Beside the app's socket, and of this process: one that takes its place by `--replace` has its
/// own.
inline std::string own_runner_place(std::string_view socket) {
  constexpr std::size_t longest = sizeof(sockaddr_un::sun_path) - 1;
  constexpr std::size_t most_added = std::string_view(".4194304.r").size();
  auto const path = absolute(std::string(socket));
  auto own = path + "." + std::to_string(::getpid()) + ".r";
  if (own.size() <= longest) return own;
  throw std::invalid_argument(
      "pando: beside the app's socket, " + path + ", is no room for the one where other processes "
      "reach its entities: that path has " + std::to_string(path.size()) + " bytes, and at most " +
      std::to_string(longest - most_added) + " leave room for it; choose a shorter one with "
      "--socket or PANDO_SOCKET, or another place for entities with --runner");
}

PANDO_INLINE entity_fleet::entity_fleet(cluster::entity_host& host, door_context const& context)
    : host_(host), context_(context), inspector_(host) {}
PANDO_INLINE entity_fleet::~entity_fleet() = default;

PANDO_INLINE std::string entity_fleet::store() const {
  return parts_ && parts_->storage ? parts_->storage->describe() : std::string();
}

PANDO_LAZY_BODY void entity_fleet::show_in(app_core& app) {
  inspector_.add_to(app.routes());
  app.metrics().collect([this](metrics_writer& to) { inspector_.write(to); });
  app.ready_by([this] { return inspector_.why_not_ready(); });
}

/// Whether it is to be one of a fleet, by what it is told.
inline bool joins_a_fleet(serve_options const& options) {
  return !options.store.empty() || has_runner_place(options) || options.client_only;
}

PANDO_LAZY_BODY void entity_fleet::stand_by(entity_place const* place) {
  ready_.reset();
  if (place == nullptr) return host_.stand_by(false);
  auto const& options = place->options;
  check_health_options(options);
  (void)keeping_of(options);
  host_.check();
  if (!joins_a_fleet(options)) return check_unstored(options, host_.has_persisted());
  get_ready(*place);
  host_.stand_by(true);
}

/// What takes nothing but the options.
PANDO_LAZY_BODY void entity_fleet::get_ready(entity_place const& place) {
  auto const& options = place.options;
  check_fleet_options(options, !place.socket_path.empty());
  auto const made = std::make_shared<parts>();
  made->storage = make_storage(options.store);
  if (!options.health.empty())
    made->pods = kubernetes_options::from_environment(options.health_selector);
  std::string name = "client-" + std::to_string(::getpid());
  if (!options.client_only) {
    std::string own;
    if (options.runner.empty()) own = own_runner_place(place.socket_path);
    made->at = places_of(options, own);
    name = print_runner_address(made->at.known);
  }
  link_security security{{name, life_of_process()}, std::string(options.cookie)};
  made->security = std::make_shared<secure_link const>(std::move(security));
  ready_ = made;
}

PANDO_LAZY_BODY task<void> entity_fleet::serve(entity_place place) {
  auto const& options = place.options;
  auto const keeping = keeping_of(options);
  host_.drain_within(std::chrono::milliseconds(options.drain_ms));
  if (ready_)
    co_await join(place, keeping);
  else if (host_.has_persisted())
    co_await stay_alone(keeping);
  else if (parts_) { // of the last time it was served
    host_.leave_fleet();
    left_ = std::move(parts_);
  }
  if (parts_)
    inspector_.looks_at(std::shared_ptr<cluster::runner>(parts_, parts_->runner.get()));
  co_await host_.serve(options.only_answers);
  if (parts_ && parts_->health) parts_->health->start();
}

PANDO_LAZY_BODY task<void> entity_fleet::join(entity_place const& place,
                                              cluster::runner_options const& keeping) {
  auto const& options = place.options;
  auto chosen = keeping;
  auto const home = co_await boost::asio::this_coro::executor;
  auto const made = std::move(ready_);
  made->drain = chosen.drain;
  std::shared_ptr<cluster::runner_health> able;
  if (made->pods) able = make_kubernetes_health(home, std::move(*made->pods));
  if (!options.client_only) {
    made->served = std::make_unique<serving>(host_.hosted(), context_);
    made->served->for_runners();
    runner_listener_options how;
    how.adopted = options.runner_socket;
    made->listener = std::make_unique<runner_listener>(place.executors, made->at.listens,
                                                       *made->served, made->security, how);
    auto& known = made->at.known;
    if (known.port == 0) known.port = made->listener->address().port;
    chosen.address = print_runner_address(known);
  }
  host_.spread_over(chosen.shards);
  made->runner = std::make_unique<cluster::runner>(home, *made->storage, host_.groups(),
                                                   std::move(chosen), *context_.events);
  (void)host_.hosted(); // made before several threads may ask for it
  auto own = place.executors;
  if (std::find(own.begin(), own.end(), home) == own.end()) own.push_back(home);
  host_.join(
      *made->runner,
      [parts = made.get(), is_json = options.runner_json,
       this](std::string const& to, boost::asio::any_io_executor const& on) {
        runner_client_options how;
        how.within = std::chrono::milliseconds(250); // then it goes another way
        how.first_pause = std::chrono::milliseconds(20);
        how.longest_pause = std::chrono::milliseconds(200);
        how.events = context_.events;
        if (is_json) how.serialization = link_serialization::json;
        auto way = runner_client::make(on, parse_runner_address(to), parts->security, how);
        for (auto const* const contract : host_.hosted().contracts()) way->know(*contract);
        return way;
      },
      std::move(own));
  if (able) {
    made->health = std::make_unique<cluster::health_watch>(
        *made->runner, std::move(able), *context_.events,
        std::chrono::milliseconds(options.health_every_ms));
  }
  if (made->listener) made->listener->start();
  parts_ = made;
}

/// What is persisted needs a storage, also where nobody has said which.
PANDO_LAZY_BODY task<void> entity_fleet::stay_alone(cluster::runner_options const& keeping) {
  auto chosen = keeping;
  auto const home = co_await boost::asio::this_coro::executor;
  auto const made = std::make_shared<parts>();
  context_.events->warning("persisted calls are kept in memory, and end with this process; "
                           "serve --store FILE keeps them");
  made->storage = store::make_memory_storage(std::make_shared<store::memory_store>());
  chosen.address = "this process";
  chosen.weight = 1;
  chosen.lease = std::chrono::hours(24 * 365); // nobody else could take anything over
  made->runner = std::make_unique<cluster::runner>(home, *made->storage, host_.groups(),
                                                   std::move(chosen), *context_.events);
  host_.join(
      *made->runner,
      [](std::string const&, boost::asio::any_io_executor const&) -> std::shared_ptr<channel> {
        throw runner_unavailable("this app has one process");
      });
  parts_ = made;
}

PANDO_LAZY_BODY task<void> entity_fleet::stop() {
  inspector_.looks_at(nullptr);
  if (parts_ && parts_->health) co_await parts_->health->stop();
  co_await host_.stop();
  if (!parts_) co_return;
  if (parts_->listener) {
    parts_->listener->stop_accepting();
    co_await parts_->listener->drain(parts_->drain);
  }
  // What has timers ends on its loop; the rest stays, since a thread may be on its way through it.
  parts_->health.reset();
  parts_->listener.reset();
  parts_->storage.reset();
}

} // namespace pando::detail
