// The program of an app: `serve`, its commands, and what is built in.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>

#include <pando/app/core.hpp>
#include <pando/app/detail/describe_app.hpp>
#include <pando/app/detail/program.hpp>
#include <pando/app/detail/serve_flags.hpp>
#include <pando/app/detail/until_signal.hpp>
#include <pando/app/settings.hpp>
#include <pando/cli/run.hpp>
#include <pando/cli/socket_backend.hpp>
#include <pando/handler/callback.hpp>
#include <pando/handler/one_shot.hpp>
#include <pando/handler/timer.hpp>
#include <pando/http/door.hpp>
#include <pando/runtime/text_call.hpp>
#include <pando/schema/description.hpp>
#include <pando/schema/json.hpp>

namespace pando {

namespace detail {

/// Runs commands: in the running app over its socket, or in this program with `--in-process`.
/// *Thread*: one, but `cancel`.
PANDO_LAZY class app_backend final : public cli::backend {
 public:
  /// `unmet`: what is wrong with the settings; it matters to commands that run in this program.
  app_backend(app_core& app, violations const& unmet)
      : app_(app), unmet_(unmet), running_app_(app.name()) {}

  cli::call_end invoke(cli::invocation const& what, io_sink& io,
                       std::function<bool(std::string_view)> const& item) override {
    if (!what.in_process) return running_app_.invoke(what, io, item);
    if (!unmet_.empty()) return cli::call_end::failed(unusable_settings());
    boost::asio::io_context loop(1);
    boost::asio::any_io_executor const home = loop.get_executor();
    cli::call_end end = cli::call_end::failed(internal_failure("the call never ended"));
    {
      std::lock_guard const lock(mutex_);
      loop_ = &loop;
    }
    spawn(home, run_here(what, io, item, end), callback([&end](std::exception_ptr error) {
            if (error) end = end_of(error);
          }));
    loop.run();
    std::lock_guard const lock(mutex_);
    loop_ = nullptr;
    return end;
  }
  void cancel() noexcept override {
    running_app_.cancel();
    std::lock_guard const lock(mutex_);
    if (loop_ == nullptr) return;
    post(loop_->get_executor(), callback([this] {
           if (running_) running_->cancel();
         }));
  }

 private:
  invalid_request unusable_settings() const {
    std::string sentence = "the settings are not valid";
    for (auto const& fault : unmet_.list) sentence += "; " + fault.path + " " + fault.message;
    return invalid_request(sentence);
  }

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

  task<void> run_here(cli::invocation const& what, io_sink& io,
                      std::function<bool(std::string_view)> const& item, cli::call_end& end) {
    auto const home = co_await boost::asio::this_coro::executor;
    auto const* const route = app_.routes().find(what.route);
    if (route == nullptr) throw no_such_route("this app has no route " + what.route);
    serve_options quiet;
    quiet.no_socket = true;
    quiet.only_answers = true;  // what goes on by itself does so in the app that serves
    co_await app_.serve(quiet); // the hooks run, no door opens
    listener waits(home, item);
    text_call_options options{.transport = "cli", .door = "cli", .sink = &io};
    if (what.timeout.count() != 0)
      options.deadline = std::chrono::steady_clock::now() + what.timeout;
    running_ = waits.call =
        start_text_call(*route, what.request, home, app_.context(), waits, options);
    if (!waits.wanted) running_->cancel();
    bool is_late = false;
    timer limit(home);
    if (options.deadline) {
      limit.set(*options.deadline, callback([&] {
        if (waits.event.has_fired()) return;
        is_late = true;
        running_->cancel();
        limit.set(std::chrono::steady_clock::now() + std::chrono::seconds(1), callback([&] {
          if (!waits.event.has_fired())
            io.show({io_event::kind::error,
                     "the time is over, and the handler is still at it: it cannot be cancelled; "
                     "Ctrl-C twice ends this program"});
        }));
      }));
    }
    if (!waits.event.has_fired()) co_await waits.event.wait();
    limit.cancel();
    running_.reset();
    end = waits.error ? end_of(waits.error) : cli::call_end::result(std::move(waits.result));
    // The runtime's own watch on the deadline may be the first, and cancel.
    bool const is_over = options.deadline && std::chrono::steady_clock::now() >= *options.deadline;
    if (waits.error && is_over && end.what == cli::call_end::kind::failed)
      is_late = is_late || end.code == failure_code::cancelled;
    if (is_late && waits.error)
      end = cli::call_end::failed(
          deadline_exceeded("no answer within " + std::to_string(what.timeout.count()) + " ms"));
    co_await app_.stop();
  }

  app_core& app_;
  violations const& unmet_;
  cli::socket_backend running_app_;
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
  auto const more = types.add(type_of<socket_flags>());
  sequence<std::uint32_t> parts;
  for (auto const& part : settings) parts.push_back(types.add(*part.type));
  cli::command_line commands{.app = types.take(), .program = app.name()};
  auto& all = commands.app.types;
  for (std::size_t i = 0; i < all[more].fields.size(); ++i)
    all[serve].fields.push_back(all[more].fields[i]);
  for (auto const part : parts)
    for (auto const owner : {serve, none})
      for (std::size_t i = 0; i < all[part].fields.size(); ++i)
        all[owner].fields.push_back(all[part].fields[i]);
  commands.builtins = {
      {.words = "serve", .summary = "Serve until a signal", .request = serve, .takes_parts = true,
       .notes = serve_notes},
      {.words = "settings", .summary = "Show the settings and where each comes from",
       .request = none, .takes_parts = true},
      {.words = "openapi", .summary = "Print the OpenAPI document"},
      {.words = "socket-path", .summary = "Print where the Unix socket is"}};
  commands.in_process = true;
  return commands;
}

/// Fills the settings, or says what is wrong with them. Gives the exit code.
inline int load(app_core const& app, std::string const& flags,
                sequence<setting_origin>& origins) {
  violations faults;
  origins = load_settings(app.settings(), app.name(), app.name() + ".json", flags, faults);
  for (auto const& fault : faults.list)
    complain(app.name() + ": setting " + fault.path + ": " + fault.message);
  return faults.empty() ? 0 : 2;
}

/// `serve` with its flags as JSON, at that socket unless they name another.
PANDO_LAZY inline int run_serve(app_core& app, std::string const& request,
                                std::string const& socket) {
  sequence<setting_origin> origins;
  if (int const status = load(app, request, origins); status != 0) return status;
  serve_flags flags;
  violations faults;
  socket_flags bounds;
  if (!request.empty()) {
    json::decode(request, flags, faults, {.ignore_unknown = true});
    json::decode(request, bounds, faults, {.ignore_unknown = true});
  }
  std::string host = "localhost";
  serve_options options;
  if (flags.http && !read_listen_address(*flags.http, host, options.http))
    faults.add("/http", "format", "must be a port (3000) or an address with one (0.0.0.0:3000)");
  check_tls(flags, faults);
  check_empty(flags, faults);
  for (auto const& fault : faults.list)
    complain(app.name() + ": --" + fault.path.substr(1) + " " + fault.message);
  if (!faults.empty()) return 2;
  auto const* const unwanted = std::getenv("PANDO_NO_SOCKET");
  options.http_host = host;
  options.socket_path = flags.socket ? std::string_view(*flags.socket) : socket;
  options.no_socket = flags.no_socket || (unwanted != nullptr && std::string_view(unwanted) == "1");
  options.threads = flags.threads.get();
  options.drain_ms = flags.drain_ms;
  options.limits = {flags.http_max_body.get(),        flags.http_max_head.get(),
                    flags.http_max_connections.get(), flags.http_first_byte_ms.get(),
                    flags.http_head_ms.get(),         flags.http_body_ms.get(),
                    flags.http_idle_ms.get(),         flags.http_write_ms.get()};
  options.limits_of_socket = {bounds.socket_max_frame.get(), bounds.socket_max_calls.get(),
                              bounds.socket_max_connections.get()};
  options.replace = flags.replace;
  options.no_metrics = flags.no_metrics;
  if (flags.health) options.health = flags.health->get();
  if (flags.health_selector) options.health_selector = *flags.health_selector;
  options.health_every_ms = flags.health_every_ms.get();
  // What is persisted outlives the program, unless somebody says otherwise.
  auto const own_store = app.name() + ".pando.db";
  bool const is_alone = !flags.runner && !flags.client_only && !flags.health;
  bool const keeps = is_alone && !options.no_socket && app.keeps_in_file();
  if (keeps) options.store = own_store;
  if (flags.store) options.store = *flags.store;
  bool const in_memory = options.store == "memory";
  if (in_memory) options.store = {};
  if (options.store.empty()) check_unstored(request, in_memory, faults);
  for (auto const& fault : faults.list)
    complain(app.name() + ": --" + fault.path.substr(1) + " " + fault.message);
  if (!faults.empty()) return 2;
  if (options.store == own_store && !flags.store)
    app.events().info("persisted calls are kept in ./" + own_store +
              "; --store FILE keeps them elsewhere, --store memory in this process");
  if (flags.runner) options.runner = *flags.runner;
  if (flags.runner_listen) options.runner_listen = *flags.runner_listen;
  options.runner_json = flags.runner_json;
  options.client_only = flags.client_only;
  options.weight = flags.weight.get();
  options.shards = flags.shards.get();
  options.lease_ms = flags.lease_ms.get();
  options.margin_ms = flags.margin_ms.get();
  options.retention_s = flags.retention_s.get();
  if (auto const* const cookie = std::getenv("PANDO_CLUSTER_COOKIE")) options.cookie = cookie;
  if (flags.cors_origin) options.cors_origin = *flags.cors_origin;
  if (flags.tls_certificate) options.tls.certificate = *flags.tls_certificate;
  if (flags.tls_key) options.tls.key = *flags.tls_key;
  return serve_until_signal(app, options);
}

inline int run_settings(app_core const& app, std::string const& request, std::string& shown) {
  sequence<setting_origin> origins;
  if (int const status = load(app, request, origins); status != 0) return status;
  std::size_t widest = 0;
  for (auto const& one : origins) widest = std::max(widest, one.name.size() + one.value.size());
  for (auto const& one : origins) {
    shown += one.name + " = " + one.value;
    shown.append(widest - one.name.size() - one.value.size() + 2, ' ');
    shown += "(" + one.origin + ")\n";
  }
  return 0;
}

PANDO_LAZY_BODY int run_program(app_core& app, int argc, char** argv) {
  auto commands = command_line_of(app, app.settings());
  // In process the settings come from the environment and the file alone.
  violations unmet;
  load_settings(app.settings(), app.name(), app.name() + ".json", {}, unmet);
  app_backend backend(app, unmet);
  cli::run_options options;
  options.start_hint = "start it with '" + app.name() + " serve'";
  options.own = [&app](cli::parsed const& which, cli::terminal& shown) {
    std::string text;
    int status = 0;
    auto const& words = which.own->words;
    if (words == "serve") return run_serve(app, which.request, which.socket);
    if (words == "settings") status = run_settings(app, which.request, text);
    else if (words == "openapi") text = app.openapi() + "\n";
    else text = (which.socket.empty() ? app.socket_path() : which.socket) + "\n";
    shown.write(text);
    return status;
  };
  return cli::run(std::move(commands), backend, argc, argv, options);
}

} // namespace detail
} // namespace pando
