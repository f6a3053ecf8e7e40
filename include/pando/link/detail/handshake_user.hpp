// A connection's first user: it lets two runners prove who they are, within a time limit.
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/steady_timer.hpp>

#include <pando/config.hpp>
#include <pando/link/detail/link_handshake.hpp>
#include <pando/link/serving.hpp>
#include <pando/link/stream_connection.hpp>

namespace pando::detail {

/// *Thread*: the connection's.
class handshake_user final : public serving_user {
 public:
  /// Called inside `received` when the other side has proven who it is: hands the connection over.
  using proven_function = std::function<void(stream_connection&, link_identity const&)>;
  /// Called once when the connection ended before.
  using failed_function = std::function<void(std::exception_ptr)>;

  /// `slot` is let go of when the handshake is over. The limit is that of the connection.
  handshake_user(stream_connection& connection, std::shared_ptr<secure_link const> security,
                 link_role role, std::string expected, proven_function proven,
                 failed_function failed, std::shared_ptr<void> slot);
  PANDO_INLINE ~handshake_user() override;

  /// Says the first words, of the connecting side, and watches the time.
  void begin();

  PANDO_INLINE std::size_t received(std::string_view bytes) override;
  PANDO_INLINE void ended(std::string_view why) override;
  bool logs_the_end() const override { return true; }
  void drain(std::string_view) override { connection_.close(); }
  std::size_t calls_in_flight() const noexcept override { return 0; }

 private:
  void log_the_end(std::string const& why) const;

  stream_connection& connection_;
  std::shared_ptr<secure_link const> security_;
  link_role const role_;
  link_handshake handshake_;
  proven_function proven_;
  failed_function failed_;
  std::shared_ptr<void> slot_;
  std::shared_ptr<bool> is_over_ = std::make_shared<bool>(false); ///< outlives this, for the timer
  boost::asio::steady_timer limit_;
};

} // namespace pando::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/link/impl/handshake_user.ipp>
#endif
