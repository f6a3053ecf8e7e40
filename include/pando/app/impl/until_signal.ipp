// Serving until a signal, and how it is told that an app cannot serve.
#pragma once

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <pando/app/core.hpp>
#include <pando/app/detail/until_signal.hpp>
#include <pando/handler/callback.hpp>
#include <pando/handler/failure.hpp>

namespace pando::detail {

PANDO_INLINE void complain(std::string sentence) {
  sentence += '\n';
  std::fwrite(sentence.data(), 1, sentence.size(), stderr);
}

/// Waits for SIGINT or SIGTERM, stops the app in order, and ends at once at a second one.
PANDO_LAZY class signal_watch {
 public:
  signal_watch(boost::asio::io_context& loop, app_core& app)
      : loop_(loop), app_(app), signals_(loop, SIGINT, SIGTERM) {}

  void start() {
    app_.when_replaced([this](bool is_over) {
      stopping_ = true; // a signal ends it at once
      if (is_over) signals_.cancel();
    });
    wait();
  }

 private:
  void wait() {
    signals_.async_wait(callback([this](boost::system::error_code error, std::size_t number) {
      if (error) return;
      auto const which = static_cast<int>(number);
      if (stopping_) std::_Exit(128 + which);
      stopping_ = true;
      app_.events().info(std::string(which == SIGINT ? "SIGINT" : "SIGTERM") +
                         ": stopping; a second signal ends at once");
      wait();
      spawn(loop_.get_executor(), app_.stop(), callback([this] { signals_.cancel(); }));
    }));
  }

  boost::asio::io_context& loop_;
  app_core& app_;
  boost::asio::signal_set signals_;
  bool stopping_ = false;
};

PANDO_LAZY_BODY int serve_until_signal(app_core& app, serve_options const& options) {
  boost::asio::io_context loop(1);
  signal_watch signals(loop, app);
  std::exception_ptr failed;
  bool const is_shut = options.http < 0 && options.no_socket;
  spawn(loop.get_executor(), app.serve(options), callback([&, is_shut](std::exception_ptr error) {
          failed = error;
          if (failed) return;
          auto const store = app.store();
          app.events().info(app.name() + " serves: pid " + std::to_string(::getpid()) +
                            (store.empty() ? "" : ", store " + store) +
                            (is_shut ? ", without HTTP and without a Unix socket" : ""));
          signals.start();
        }));
  loop.run();
  if (!failed) {
    app.events().info(app.name() + " stopped");
    return 0;
  }
  int status = 1;
  try {
    std::rethrow_exception(failed);
  } catch (not_running const& error) {
    complain(app.name() + ": cannot serve: " + error.what());
    status = row_of_failure(error.code()).exit_code;
  } catch (unusable_options const& error) {
    complain(app.name() + ": cannot serve: " + error.what());
    status = 2;
  } catch (std::exception const& error) {
    complain(app.name() + ": cannot serve: " + error.what());
  }
  return status;
}

} // namespace pando::detail
