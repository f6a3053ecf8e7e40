// A program with a command line and nothing behind it: calls are answered by hand, word for word.
#include <condition_variable>
#include <mutex>
#include <string>

#include <pando/cli/run.hpp>

#include "../shop.hpp"

namespace {

using pando::failure_code;
using pando::cli::call_end;
using pando::cli::detail::json_value;

/// Answers each route in a way its test knows.
class by_hand final : public pando::cli::backend {
 public:
  call_end invoke(pando::cli::invocation const& what, pando::io_sink& io,
                  std::function<bool(std::string_view)> const& item) override {
    json_value request;
    std::string why;
    pando::cli::detail::parse_json(what.request, request, why);
    if (what.route == "user.create") return create(request);
    if (what.route == "user.show") return show(request);
    if (what.route == "user.list")
      return call_end::result(R"([{"id":7,"email":"a@b.c"},{"id":8,"email":"d@e.f"}])");
    if (what.route == "user.import") return import(request, io, item);
    if (what.route == "user.remove") return call_end::result("null");
    if (what.route == "thing.report")
      return call_end::result(R"({"title":"T","address":{"street":"S","zipCode":null},)"
                              R"("users":[{"id":1,"email":"x"}],"key":"hunter2"})");
    if (what.route == "thing.echo") return echo(request.text, io);
    return call_end::result(what.request);
  }

  void cancel() noexcept override {
    std::lock_guard const lock(mutex_);
    cancelled_ = true;
    changed_.notify_all();
  }

 private:
  static call_end create(json_value const& request) {
    if (request.text_of("email") == "taken@b.c")
      return call_end::declared("EmailTaken", R"({"email":"taken@b.c"})");
    pando::violations faults;
    if (request.text_of("email").find('@') == std::string_view::npos)
      faults.add("/email", "email", "must be an e-mail address");
    if (request.text_of("password") == "notallowed")
      faults.add("/password", "policy", "must be another one");
    if (!faults.empty())
      return call_end::failed(pando::invalid_request("the request is not valid", faults));
    return call_end::result(R"({"id":7,"email":")" + std::string(request.text_of("email")) + "\"}");
  }

  static call_end show(json_value const& request) {
    auto const id = request.number_of("id", 0);
    if (id == 404) return call_end::declared("NoSuchUser", R"({"id":404})");
    if (id == 3) return call_end::failed(pando::not_running("shop is not running"));
    if (id == 13) return call_end::failed(pando::internal_failure("the app failed", {}, "f-13"));
    if (id == 15)
      return call_end::failed(pando::internal_failure(
          "the app failed; its log has the details under id f-15", {}, "f-15"));
    if (id == 14) {
      pando::violations faults;
      faults.add("/id", "at_least", "must be at least 15");
      return call_end::failed(pando::invalid_request("the request is not valid", faults));
    }
    return call_end::result(R"({"id":)" + std::to_string(id) + R"(,"email":"a@b.c"})");
  }

  static call_end import(json_value const& request, pando::io_sink& io,
                         std::function<bool(std::string_view)> const& item) {
    auto const& lines = request.find("lines")->items;
    for (std::size_t at = 0; at < lines.size(); ++at) {
      io.show({pando::io_event::kind::progress, "importing", at + 1, lines.size()});
      if (!item(R"({"id":)" + std::to_string(at + 1) + R"(,"email":")" + lines[at].text + "\"}"))
        return call_end::failed(pando::cancelled("nobody reads"));
    }
    return call_end::result("null");
  }

  call_end echo(std::string const& text, pando::io_sink& io) {
    using pando::io_event;
    if (text == "show") {
      io.show({io_event::kind::log, "a \x1b[31mline"});
      io.show({io_event::kind::error, "trouble"});
      io.show({io_event::kind::table, R"([{"a":1,"b":"x"},{"a":22,"b":"y"}])"});
      return call_end::result("\"shown\"");
    }
    if (text == "wait") {
      io.show({io_event::kind::log, "waiting"});
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return cancelled_; });
      return call_end::failed(pando::cancelled("the call was cancelled"));
    }
    if (text == "deaf") {
      io.show({io_event::kind::log, "waiting"});
      std::unique_lock lock(mutex_);
      for (;;) changed_.wait(lock);
    }
    if (text.compare(0, 4, "ask:") == 0) return ask(text.substr(4), io);
    return call_end::result(
        pando::cli::detail::json_text_of(pando::cli::detail::json_string(text)));
  }

  static call_end ask(std::string const& what, pando::io_sink& io) {
    using kind = pando::io_question::kind;
    pando::io_question question{kind::text, "Name?", {}};
    if (what == "secret") question = {kind::secret, "Password", {}};
    if (what == "confirm") question = {kind::confirm, "Really?", {}};
    if (what == "one") question = {kind::choose_one, "Which?", {"red", "green", "blue"}};
    if (what == "many") question = {kind::choose_many, "Which ones?", {"red", "green", "blue"}};
    std::string text = "never asked";
    io.ask(question, [&text](pando::io_answer answer) {
      text = answer.cancelled ? "cancelled" : "answer " + answer.text;
      for (auto const place : answer.chosen) text += " " + std::to_string(place);
    });
    if (text == "cancelled") return call_end::failed(pando::cancelled("nobody answered"));
    return call_end::result("\"" + text + "\"");
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool cancelled_ = false;
};

} // namespace

int main(int argc, char** argv) {
  by_hand where;
  pando::cli::run_options options;
  options.start_hint = "start it with 'shop serve'";
  options.own = [](pando::cli::parsed const& which, pando::cli::terminal& shown) {
    shown.write("own: " + which.own->words + "\n");
    return 0;
  };
  pando::cli::command_line commands{shop::described(), {}, "shop", true};
  commands.builtins.push_back({"serve", "Serves."});
  return pando::cli::run(commands, where, argc, argv, options);
}
