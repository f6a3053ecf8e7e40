// The program of an app: `serve`, its commands, and what is built in.
#pragma once

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>

#include <pando/app/core.hpp>
#include <pando/cli/run.hpp>
#include <pando/handler/one_shot.hpp>
#include <pando/runtime/text_call.hpp>
#include <pando/schema/description.hpp>
#include <pando/schema/json.hpp>
#include <pando/socket/link.hpp>

namespace pando {

PANDO_INLINE std::string program_name() {
  std::string const whole = ::program_invocation_short_name;
  return whole.empty() ? "app" : whole;
}

namespace detail {

/// No flags but the settings'.
struct no_flags {};

/// The flags of `serve`. Those that are absent may come from the environment.
struct serve_flags {
  std::optional<std::string> http;            ///< PORT or HOST:PORT
  defaulted<bool, false> no_socket;
  defaulted<unsigned, 1U> threads;
  std::optional<std::string> store;
  std::optional<std::string> tls_certificate;
  std::optional<std::string> tls_key;
  std::optional<std::string> cors_origin;
  defaulted<unsigned, 10'000U> drain_ms;
};

/// `3000`, `0.0.0.0:3000`, `[::]:3000`. False: neither.
inline bool read_listen_address(std::string_view text, std::string& host, int& port) {
  auto const colon = text.rfind(':');
  auto digits = text;
  if (colon != text.npos) {
    host = text.substr(0, colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']')
      host = host.substr(1, host.size() - 2);
    digits = text.substr(colon + 1);
  }
  auto const read = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return !digits.empty() && !host.empty() && read.ec == std::errc{} &&
         read.ptr == digits.data() + digits.size() && port >= 0 && port <= 65'535;
}

/// Waits for SIGINT or SIGTERM, stops the app in order, and ends at once at a second one.
class signal_watch {
 public:
  signal_watch(boost::asio::io_context& loop, app_core& app)
      : loop_(loop), app_(app), signals_(loop, SIGINT, SIGTERM) {}

  void start() {
    signals_.async_wait([this](boost::system::error_code error, int which) {
      if (error) return;
      if (stopping_) std::_Exit(128 + which);
      stopping_ = true;
      app_.events().info(std::string(which == SIGINT ? "SIGINT" : "SIGTERM") +
                         ": stopping; a second signal ends at once");
      start();
      boost::asio::co_spawn(loop_, app_.stop(), [this](std::exception_ptr) { signals_.cancel(); });
    });
  }

 private:
  boost::asio::io_context& loop_;
  app_core& app_;
  boost::asio::signal_set signals_;
  bool stopping_ = false;
};

/// Serves until a signal. Gives the exit code.
inline int serve_until_signal(app_core& app, serve_options const& options) {
  boost::asio::io_context loop(1);
  signal_watch signals(loop, app);
  std::exception_ptr failed;
  boost::asio::co_spawn(loop, app.serve(options), [&](std::exception_ptr error) {
    failed = error;
    if (!failed) signals.start();
  });
  loop.run();
  if (!failed) return 0;
  try {
    std::rethrow_exception(failed);
  } catch (std::exception const& error) {
    std::cerr << app.name() << ": cannot serve: " << error.what() << '\n';
  }
  return 1;
}

/// Runs commands: in the running app over its socket, or here. *Thread*: `cancel` any.
class app_backend final : public cli::backend {
 public:
  explicit app_backend(app_core& app) : app_(app) {}

  cli::call_end invoke(cli::invocation const& what, io_sink& io,
                       std::function<bool(std::string_view)> const& item) override {
    boost::asio::io_context loop(1);
    cli::call_end end = cli::call_end::failed(internal_failure("the call never ended"));
    {
      std::lock_guard const lock(mutex_);
      loop_ = &loop;
    }
    auto call = what.in_process ? run_here(what, io, item) : run_there(what, io, item);
    boost::asio::co_spawn(loop, std::move(call),
                          [&](std::exception_ptr error, cli::call_end ended) {
                            end = error ? end_of(error) : std::move(ended);
                          });
    loop.run();
    std::lock_guard const lock(mutex_);
    loop_ = nullptr;
    return end;
  }
  void cancel() noexcept override {
    std::lock_guard const lock(mutex_);
    if (loop_ == nullptr) return;
    boost::asio::post(*loop_, [this] {
      if (running_) running_->cancel();
    });
  }

 private:
  /// Waits for a text call and hands its items on.
  struct listener final : text_listener {
    listener(boost::asio::any_io_executor home, std::function<bool(std::string_view)> const& to)
        : event(std::move(home)), take(to) {}
    void item(std::string_view json) override {
      if (!wanted || take(json)) return;
      wanted = false;
      if (call) call->cancel();
    }
    void done(std::string json, std::exception_ptr failed) override {
      result = std::move(json);
      error = std::move(failed);
      event.fire();
    }
    one_shot event;
    std::function<bool(std::string_view)> const& take;
    std::shared_ptr<text_call> call{};
    std::string result{};
    std::exception_ptr error{};
    bool wanted = true;
  };

  static cli::call_end end_of(std::exception_ptr const& error) {
    try {
      std::rethrow_exception(error);
    } catch (declared_error const& declared) {
      return cli::call_end::declared(declared.name(), declared.json());
    } catch (failure const& known) {
      return cli::call_end::failed(known);
    } catch (std::exception const& other) {
      return cli::call_end::failed(internal_failure(other.what()));
    }
  }
  task<cli::call_end> finish(listener& waits, std::shared_ptr<text_call> call) {
    running_ = call;
    waits.call = std::move(call);
    if (!waits.wanted) waits.call->cancel();
    if (!waits.event.has_fired()) co_await waits.event.wait();
    running_.reset();
    co_return waits.error ? end_of(waits.error) : cli::call_end::result(std::move(waits.result));
  }

  task<cli::call_end> run_there(cli::invocation const& what, io_sink& io,
                                std::function<bool(std::string_view)> const& item) {
    auto const home = co_await boost::asio::this_coro::executor;
    std::string path = what.socket.empty() ? app_.socket_path() : what.socket;
    if (path.find('/') == path.npos) path.insert(0, "./"); // a file here, not the name of an app
    auto link = co_await pando::connect(home, path);
    listener waits(home, item);
    frame_client::text_options options;
    options.door = "cli";
    options.sink = &io;
    if (what.timeout.count() != 0)
      options.deadline = std::chrono::steady_clock::now() + what.timeout;
    auto end = co_await finish(waits, link.start(what.route, what.request, waits, options));
    co_await link.close();
    co_return end;
  }

  task<cli::call_end> run_here(cli::invocation const& what, io_sink& io,
                               std::function<bool(std::string_view)> const& item) {
    auto const home = co_await boost::asio::this_coro::executor;
    auto const* const route = app_.routes().find(what.route);
    if (route == nullptr) throw no_such_route("this app has no route " + what.route);
    serve_options quiet;
    quiet.no_socket = true;
    co_await app_.serve(quiet); // the hooks run, no door opens
    listener waits(home, item);
    auto call = start_text_call(*route, what.request, home, app_.context(), waits,
                                {.transport = "cli", .door = "cli", .sink = &io});
    auto end = co_await finish(waits, std::move(call));
    co_await app_.stop();
    co_return end;
  }

  app_core& app_;
  std::mutex mutex_;
  boost::asio::io_context* loop_ = nullptr;
  std::shared_ptr<text_call> running_; ///< on the loop's thread only
};

/// The program's own commands, with the app's settings among their flags.
inline cli::command_line command_line_of(app_core const& app,
                                         std::span<settings_part const> settings) {
  describer types(describe_app(app.routes(), app.name()));
  auto const serve = types.add(type_of<serve_flags>());
  auto const none = types.add(type_of<no_flags>());
  std::vector<std::uint32_t> parts;
  for (auto const& part : settings) parts.push_back(types.add(*part.type));
  cli::command_line commands{.app = types.take(), .program = app.name()};
  auto& all = commands.app.types;
  for (auto const part : parts)
    for (auto const owner : {serve, none})
      for (auto const& field : std::vector<described_field>(all[part].fields))
        all[owner].fields.push_back(field);
  commands.builtins = {
      {.words = "serve", .summary = "Serve until a signal", .request = serve, .takes_parts = true},
      {.words = "settings", .summary = "Show the settings and where each comes from",
       .request = none, .takes_parts = true},
      {.words = "openapi", .summary = "Print the OpenAPI document"},
      {.words = "socket-path", .summary = "Print where the Unix socket is"}};
  commands.in_process = true;
  return commands;
}

} // namespace detail

PANDO_INLINE int app_core::load(std::string const& flags, std::vector<setting_origin>& origins) {
  violations faults;
  origins = load_settings(setup_.settings, setup_.name, setup_.name + ".json", flags, faults);
  for (auto const& fault : faults.list)
    std::cerr << setup_.name << ": setting " << fault.path << ": " << fault.message << '\n';
  return faults.empty() ? 0 : 2;
}

PANDO_INLINE int app_core::run_serve(std::string const& request, std::string const& socket) {
  std::vector<setting_origin> origins;
  if (int const status = load(request, origins); status != 0) return status;
  detail::serve_flags flags;
  violations faults;
  if (!request.empty()) json::decode(request, flags, faults, {.ignore_unknown = true});
  std::string host = "localhost";
  serve_options options;
  if (flags.http && !detail::read_listen_address(*flags.http, host, options.http))
    faults.add("/http", "format", "must be a port (3000) or an address with one (0.0.0.0:3000)");
  for (auto const& fault : faults.list)
    std::cerr << setup_.name << ": --" << fault.path.substr(1) << ' ' << fault.message << '\n';
  if (!faults.empty()) return 2;
  auto const* const unwanted = std::getenv("PANDO_NO_SOCKET");
  options.http_host = host;
  options.socket_path = socket;
  options.no_socket = flags.no_socket || (unwanted != nullptr && std::string_view(unwanted) == "1");
  options.threads = flags.threads;
  options.drain_ms = flags.drain_ms;
  if (flags.store) options.store = *flags.store;
  if (flags.cors_origin) options.cors_origin = *flags.cors_origin;
  if (flags.tls_certificate) options.tls.certificate = *flags.tls_certificate;
  if (flags.tls_key) options.tls.key = *flags.tls_key;
  return detail::serve_until_signal(*this, options);
}

PANDO_INLINE int app_core::run_settings(std::string const& request, std::string& shown) {
  std::vector<setting_origin> origins;
  if (int const status = load(request, origins); status != 0) return status;
  std::size_t widest = 0;
  for (auto const& one : origins) widest = std::max(widest, one.name.size() + one.value.size());
  for (auto const& one : origins) {
    shown += one.name + " = " + one.value;
    shown.append(widest - one.name.size() - one.value.size() + 2, ' ');
    shown += "(" + one.origin + ")\n";
  }
  return 0;
}

PANDO_INLINE int app_core::main(int argc, char** argv) {
  auto const commands = detail::command_line_of(*this, setup_.settings);
  detail::app_backend backend(*this);
  cli::run_options options;
  options.own = [this](cli::parsed const& which, cli::terminal& shown) {
    std::string text;
    int status = 0;
    auto const& words = which.own->words;
    if (words == "serve") return run_serve(which.request, which.socket);
    if (words == "settings") status = run_settings(which.request, text);
    else if (words == "openapi") text = openapi() + "\n";
    else text = (which.socket.empty() ? socket_path() : which.socket) + "\n";
    shown.write(text);
    return status;
  };
  // In process the settings come from the environment and the file alone.
  violations unmet;
  load_settings(setup_.settings, setup_.name, setup_.name + ".json", {}, unmet);
  return cli::run(commands, backend, argc, argv, options);
}

} // namespace pando
