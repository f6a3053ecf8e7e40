// One connection in pipeline mode: connects, sends units as they come, tells each its own answer.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <pando/config.hpp>
#include <pando/store/detail/postgres_place.hpp>
#include <pando/store/detail/postgres_unit.hpp>
#include <pando/store/postgres_options.hpp>

#if PANDO_HAS_POSTGRES

namespace pando::postgres::detail {

class postgres_connection;

/// Who has a connection is told of it here, never from inside a call of its own.
class connection_user {
 public:
  virtual void opened(postgres_connection& which) = 0;
  /// Units were answered: there is room for others, or nothing left to wait for.
  virtual void answered(postgres_connection& which) = 0;
  /// It is gone. What was in flight has been told; `unsent` was certainly not executed.
  virtual void ended(postgres_connection& which, error const& why,
                     std::vector<std::shared_ptr<postgres_unit>> unsent) = 0;
  virtual void notified(std::string_view channel, std::string_view payload, int from) = 0;
  /// The loop is destroyed: whoever waits ends.
  virtual void abandoned() = 0;

 protected:
  ~connection_user() = default;
};

/// Used for one connection, once. *Thread*: the executor's.
class postgres_connection : public std::enable_shared_from_this<postgres_connection> {
 public:
  using clock = postgres_unit::clock;

  postgres_connection(boost::asio::any_io_executor executor, std::shared_ptr<options const> shared,
                      std::shared_ptr<postgres_place const> place, connection_user& user);
  postgres_connection(postgres_connection const&) = delete;
  ~postgres_connection();

  /// Resolves names, connects; then `opened` or `ended`.
  void open();
  /// Sends; only when `is_open`. What cannot be sent is told later, by `ended`.
  void send(std::shared_ptr<postgres_unit> which);
  /// Ends now, and tells nobody but whoever waits for an answer.
  void close(error const& why);

  bool is_open() const noexcept { return phase_ == phase::open; }
  std::size_t in_flight() const noexcept { return in_flight_.size() + again_.size(); }
  /// Whether it has answered anything.
  bool was_useful() const noexcept { return was_useful_; }

 private:
  enum class phase : std::uint8_t { fresh, connecting, open, closed };
  enum class step_kind : std::uint8_t { prepare, begin, statement, commit, rollback, sync };

  /// A statement that the server has prepared, or will have when it comes to that.
  struct plan {
    std::string name;
    std::string key;
    std::optional<error> failed;
  };
  /// What the server answers next. A sync without a unit ends a `prepare` or a `rollback`.
  struct step {
    step_kind kind;
    bool is_rollback_sync = false;
    std::uint32_t index = 0;
    std::shared_ptr<postgres_unit> unit{};
    std::shared_ptr<plan> prepared{};
  };
  struct finish {
    void operator()(::pg_conn* which) const noexcept;
  };

  void start(postgres_place::resolved const& where);
  void poll(int wish);
  void came_up();
  void read();
  void readable();
  bool flush();
  void drain();
  void take(::pg_result* answer);
  void take_statement(step& one, ::pg_result* answer);
  bool take_farewell(::pg_result* answer);
  void take_refusal(step& one, ::pg_result* answer);
  void take_sync(step one);
  void take_notifications();
  bool is_to_go_again(postgres_unit const& unit) const;
  bool write(std::shared_ptr<postgres_unit> const& unit);
  bool write_plain(std::string const& text, step one);
  bool write_statement(statement const& what, step one);
  bool write_sync(step one);
  bool plan_for(statement const& what, std::shared_ptr<plan>& found);
  void arm(clock::time_point until);
  void look_at_time();
  void break_soon(std::string const& why);
  void fail(error const& why);
  error lost(std::string_view how) const;
  void drop_descriptor();

  boost::asio::any_io_executor executor_;
  std::shared_ptr<options const> options_;
  std::shared_ptr<postgres_place const> place_;
  connection_user* user_;
  std::unique_ptr<::pg_conn, finish> connection_;
  boost::asio::posix::stream_descriptor descriptor_;
  boost::asio::steady_timer timer_;
  clock::time_point armed_ = (clock::time_point::max)();
  std::deque<step> steps_;
  std::deque<std::shared_ptr<postgres_unit>> in_flight_;
  std::vector<std::shared_ptr<postgres_unit>> again_; ///< certainly not executed, sent once more
  std::unordered_map<std::string, std::shared_ptr<plan>> plans_;
  std::string key_;
  std::vector<char const*> values_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
  std::vector<unsigned> types_;
  std::uint64_t names_ = 0;
  std::size_t rollbacks_ = 0; ///< sent and not answered
  phase phase_ = phase::fresh;
  bool is_writing_ = false;
  bool is_breaking_ = false;
  bool was_useful_ = false;
  std::optional<error> fatal_; ///< the server's last words
};

} // namespace pando::postgres::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/store/impl/postgres_connection.ipp>
#include <pando/store/impl/postgres_receive.ipp>
#include <pando/store/impl/postgres_send.ipp>
#endif
#endif
