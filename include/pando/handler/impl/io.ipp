// Asking through an io: the answer comes back as a completion on the handler's own executor.
#pragma once

#include <memory>
#include <stdexcept>
#include <utility>

#include <boost/asio/this_coro.hpp>

#include <pando/handler/failure.hpp>
#include <pando/handler/io.hpp>
#include <pando/handler/one_shot.hpp>
#include <pando/schema/buffer.hpp>
#include <pando/schema/json.hpp>

namespace pando {

PANDO_INLINE void io::show_table(schema::type const& type, void const* rows) {
  if (sink_ == nullptr) return;
  buffer text;
  json::encode(type, rows, text, {.mask_secrets = true}); // rows are shown, whoever called
  sink_->show({io_event::kind::table, text.view()});
}

namespace detail {
/// Shared: the answer may come when the handler that asked has been destroyed.
struct asked_question {
  explicit asked_question(boost::asio::any_io_executor where) : event(std::move(where)) {}
  one_shot event;
  io_answer answer{};
};
} // namespace detail

PANDO_LAZY_BODY task<io_answer> io::ask(io_question question) {
  if (sink_ == nullptr) co_return io_answer{};
  auto const home = co_await boost::asio::this_coro::executor;
  auto state = std::make_shared<detail::asked_question>(home);
  sink_->ask(question, [state](io_answer given) {
    state->answer = std::move(given);
    state->event.fire();
  });
  if (!state->event.has_fired()) co_await state->event.wait();
  co_return std::move(state->answer);
}

namespace detail {
inline void require_answer(io_answer const& answer) {
  if (answer.cancelled) throw cancelled("nobody answered the question");
}
} // namespace detail

PANDO_LAZY_BODY task<std::string> io::prompt(std::string question) {
  io_question asked{io_question::kind::text, std::move(question)};
  auto answer = co_await ask(std::move(asked));
  detail::require_answer(answer);
  co_return std::move(answer.text);
}

PANDO_LAZY_BODY task<std::string> io::secret(std::string question) {
  io_question asked{io_question::kind::secret, std::move(question)};
  auto answer = co_await ask(std::move(asked));
  detail::require_answer(answer);
  co_return std::move(answer.text);
}

PANDO_LAZY_BODY task<bool> io::confirm(std::string question) {
  io_question asked{io_question::kind::confirm, std::move(question)};
  auto answer = co_await ask(std::move(asked));
  detail::require_answer(answer);
  co_return answer.text == "yes";
}

PANDO_LAZY_BODY task<std::size_t> io::choose(std::string question,
                                             std::vector<std::string> options) {
  if (options.empty()) throw std::invalid_argument("pando::io::choose needs an option");
  auto const count = options.size();
  io_question asked{io_question::kind::choose_one, std::move(question), std::move(options)};
  auto answer = co_await ask(std::move(asked));
  if (answer.chosen.size() != 1 || answer.chosen.front() >= count) answer.cancelled = true;
  detail::require_answer(answer);
  co_return answer.chosen.front();
}

PANDO_LAZY_BODY task<std::vector<std::size_t>> io::choose_many(std::string question,
                                                               std::vector<std::string> options) {
  if (options.empty()) throw std::invalid_argument("pando::io::choose_many needs an option");
  auto const count = options.size();
  io_question asked{io_question::kind::choose_many, std::move(question), std::move(options)};
  auto answer = co_await ask(std::move(asked));
  for (auto const place : answer.chosen)
    if (place >= count) answer.cancelled = true;
  detail::require_answer(answer);
  co_return std::move(answer.chosen);
}

} // namespace pando
