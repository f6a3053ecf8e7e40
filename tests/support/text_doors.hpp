// The doors that speak in texts, as channels of the typed client: JSON-RPC and the command line. So
// the one suite of calls runs over them too.
#pragma once

#include <chrono>
#include <csignal>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/json.hpp>

#include <pando/handler/channel.hpp>
#include <pando/schema/json.hpp>

#include "process.hpp"

namespace support {

namespace detail {

inline pando::violations violations_of(boost::json::value const* list) {
  pando::violations found;
  if (list == nullptr) return found;
  for (auto const& one : list->as_array())
    found.add(std::string(one.at("path").as_string()), std::string(one.at("rule").as_string()),
              std::string(one.at("message").as_string()));
  return found;
}

/// Reads a value of a route's result or error; false: the operation has failed.
inline bool read_value(pando::operation& call, boost::json::value const& value,
                       pando::schema::type const& type, void* into) {
  pando::violations faults;
  pando::json::decode_options options;
  options.rules = false;
  if (pando::json::decode(boost::json::serialize(value), type, into, faults, options)) return true;
  call.set_failure(pando::incompatible("what came cannot be read: " +
                                       faults.list.front().message));
  return false;
}

inline void read_declared(pando::operation& call, std::string_view name,
                          boost::json::value const& value) {
  auto const& errors = call.route->errors;
  for (std::size_t i = 0; i < errors.size(); ++i)
    if (errors[i].name == name)
      return void(read_value(call, value, *errors[i].type, call.make_error(i)));
  call.set_failure(pando::incompatible("no error of the route: " + std::string(name)));
}

inline void read_failure(pando::operation& call, std::string_view name, std::string_view sentence,
                         boost::json::object const& more) {
  std::size_t code = 0;
  while (pando::failure_rows[code].name != name) ++code;
  auto const* const id = more.if_contains("id");
  try {
    pando::throw_failure(pando::failure(static_cast<pando::failure_code>(code),
                                        std::string(sentence),
                                        violations_of(more.if_contains("violations")),
                                        id != nullptr ? std::string(id->as_string()) : ""));
  } catch (...) {
    call.set_failure(std::current_exception());
  }
}

inline std::string request_of(pando::operation const& call) {
  pando::buffer text;
  if (call.route->request == nullptr) return "{}";
  pando::json::encode(*call.route->request, call.request, text);
  return std::string(text.view());
}

} // namespace detail

/// Calls as lines of JSON-RPC over one connection. *Thread*: one.
class rpc_channel final : public pando::channel,
                          public std::enable_shared_from_this<rpc_channel> {
 public:
  rpc_channel(boost::asio::any_io_executor const& executor, std::string const& path)
      : socket_(executor) {
    socket_.connect(path);
  }
  /// Before the first call.
  void begin() { read(); }
  void close() { socket_.close(); }

  void start(pando::operation& call) override { send(call, nullptr); }
  void start_stream(pando::stream_operation& call) override { send(call, &call); }
  void grant(pando::stream_operation&, std::size_t) override {} // the socket holds back
  void cancel(pando::operation& call) override {
    write(R"({"jsonrpc":"2.0","method":"rpc.cancel","params":{"id":)" + std::to_string(call.tag) +
          "}}\n");
    open_.erase(call.tag);
    call.set_failure(pando::cancelled("the call was cancelled"));
    call.finish();
  }

 private:
  struct entry {
    pando::operation* call;
    pando::stream_operation* stream;
  };

  void send(pando::operation& call, pando::stream_operation* stream) {
    call.tag = ++last_;
    open_[call.tag] = {&call, stream};
    std::string terms;
    if (call.deadline) {
      auto const left = std::chrono::ceil<std::chrono::milliseconds>(
          *call.deadline - std::chrono::steady_clock::now());
      terms = ",\"timeout_ms\":" + std::to_string(std::max<std::int64_t>(0, left.count()));
    }
    write(R"({"jsonrpc":"2.0","id":)" + std::to_string(call.tag) + R"(,"method":")" +
          std::string(call.route->full_name) + "\"" + terms +
          ",\"params\":" + detail::request_of(call) + "}\n");
  }
  void write(std::string const& text) {
    boost::system::error_code ignored;
    boost::asio::write(socket_, boost::asio::buffer(text), ignored);
  }
  void read() {
    boost::asio::async_read_until(
        socket_, boost::asio::dynamic_buffer(in_), '\n',
        [self = shared_from_this()](boost::system::error_code error, std::size_t size) {
          if (error) return;
          auto const line = self->in_.substr(0, size);
          self->in_.erase(0, size);
          self->take(boost::json::parse(line).as_object());
          self->read();
        });
  }
  void take(boost::json::object const& message) {
    auto const* const params = message.if_contains("params");
    auto const* const id = params != nullptr ? params->as_object().if_contains("id")
                                             : message.if_contains("id");
    auto const at = id != nullptr ? open_.find(id->to_number<std::size_t>()) : open_.end();
    if (at == open_.end()) return;
    auto const what = at->second;
    if (params != nullptr) {
      if (message.at("method").as_string() != "stream.item") return;
      if (detail::read_value(*what.stream, params->at("item"), *what.call->route->result,
                             what.stream->make_item()))
        what.stream->item_ready();
      return;
    }
    open_.erase(at);
    if (auto const* const error = message.if_contains("error")) {
      auto const& data = error->at("data").as_object();
      if (auto const* const name = data.if_contains("error"))
        detail::read_declared(*what.call, name->as_string(), data.at("value"));
      else
        detail::read_failure(*what.call, data.at("failure").as_string(),
                             error->at("message").as_string(), data);
    } else if (what.call->result != nullptr) {
      detail::read_value(*what.call, message.at("result"), *what.call->route->result,
                         what.call->result);
    }
    what.call->finish();
  }

  boost::asio::local::stream_protocol::socket socket_;
  std::string in_;
  std::map<std::size_t, entry> open_;
  std::size_t last_ = 0;
};

/// Calls as runs of a program: `PROGRAM controller command --input FILE --json`, one after the
/// other. *Thread*: one, which waits for the program.
class command_channel final : public pando::channel {
 public:
  /// `folder` is for files; `environment` goes to the program.
  command_channel(std::vector<std::string> program, std::string folder, environment more)
      : program_(std::move(program)), folder_(std::move(folder)), more_(std::move(more)) {}

  void start(pando::operation& call) override {
    auto const done = run(call);
    auto const lines = done.out;
    if (done.code == 0 && call.result != nullptr)
      detail::read_value(call, boost::json::parse(lines), *call.route->result, call.result);
    else if (done.code != 0) fail(call, done);
    call.finish();
  }
  void start_stream(pando::stream_operation& call) override {
    auto const done = run(call);
    std::size_t from = 0;
    for (auto end = done.out.find('\n'); end != done.out.npos; end = done.out.find('\n', from)) {
      auto const value = boost::json::parse(done.out.substr(from, end - from));
      from = end + 1;
      if (detail::read_value(call, value, *call.route->result, call.make_item()))
        call.item_ready();
    }
    if (done.code != 0) fail(call, done);
    call.finish();
  }
  void grant(pando::stream_operation&, std::size_t) override {}
  void cancel(pando::operation&) override {} // it is done before anybody can

  int last_code = 0;

 private:
  struct outcome {
    int code;
    std::string out;
    std::string errors;
  };

  /// The command's words: the first the route is called by, or its own name.
  static std::string word_of(pando::route_row const& route) {
    std::string word(route.name);
    return word == "sign_up" ? "sign-up" : word;
  }
  outcome run(pando::operation& call) {
    auto const input = folder_ + "/request.json";
    std::ofstream(input) << detail::request_of(call);
    auto command = program_;
    command.insert(command.end(), {std::string(call.route->controller), word_of(*call.route)});
    if (call.route->request != nullptr) command.insert(command.end(), {"--input", input});
    command.push_back("--json");
    if (call.deadline) {
      auto const left = std::chrono::ceil<std::chrono::milliseconds>(
          *call.deadline - std::chrono::steady_clock::now());
      command.push_back("--timeout=" + std::to_string(left.count()) + "ms");
    }
    process one(command, folder_ + "/out", more_, folder_ + "/errors");
    last_code = one.wait();
    return {last_code, one.written(), one.written_errors()};
  }
  static void fail(pando::operation& call, outcome const& done) {
    boost::system::error_code none;
    auto const end = done.errors.rfind('\n');
    auto const before = done.errors.rfind('\n', end - 1); // the log of an app that runs here
    auto const begin = before == done.errors.npos ? 0 : before + 1;
    auto const line = done.errors.substr(begin, end - begin);
    auto const told = boost::json::parse(line, none);
    if (none || !told.is_object())
      return call.set_failure(pando::internal_failure("no JSON: " + done.errors));
    auto const& error = told.as_object();
    auto const& name = error.at("error").as_string();
    if (auto const* const value = error.if_contains("value"))
      return detail::read_declared(call, name, *value);
    detail::read_failure(call, name, error.at("message").as_string(), error);
  }

  std::vector<std::string> program_;
  std::string folder_;
  environment more_;
};

} // namespace support
