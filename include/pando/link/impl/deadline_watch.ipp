// Waiting for the next deadline.
#pragma once

#include <utility>

#include <pando/handler/callback.hpp>
#include <pando/handler/timer.hpp>
#include <pando/link/deadline_watch.hpp>

namespace pando {

struct deadline_watch::parts {
  parts(boost::asio::any_io_executor executor, deadline_user& to)
      : timer(std::move(executor)), user(to) {}

  detail::timer timer;
  deadline_user& user;
  time_point next = (time_point::max)();
};

PANDO_INLINE deadline_watch::deadline_watch(boost::asio::any_io_executor executor,
                                            deadline_user& user)
    : parts_(new parts(std::move(executor), user)) {}

PANDO_INLINE void deadline_watch::watch(time_point deadline) { wait(parts_, deadline); }

PANDO_INLINE void deadline_watch::wait(std::shared_ptr<parts> const& which, time_point deadline) {
  if (deadline >= which->next) return;
  which->next = deadline;
  which->timer.set(deadline, detail::callback([weak = std::weak_ptr(which)] {
                     auto const alive = weak.lock();
                     if (!alive) return;
                     alive->next = (time_point::max)();
                     wait(alive, alive->user.expire(std::chrono::steady_clock::now()));
                   }));
}

} // namespace pando
