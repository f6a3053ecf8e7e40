// Calls over a connection: their events, questions, streams and ends.
#pragma once

#include <pando/handler/callback.hpp>
#include <pando/link/connection_call.hpp>

namespace pando {

PANDO_INLINE connection_call::connection_call(stream_connection& connection,
                                              door_context const& context)
    : door_call(connection.executor(), context), connection_(connection) {
  io_goes_to(this);
}

PANDO_INLINE void connection_call::begin(std::string_view transport,
                                         connection_peer const& peer) {
  stands_for_itself();
  auto& who = caller();
  who.transport = transport;
  who.peer = peer.name;
  who.principal.clear();
  who.user_id = peer.user_id;
  who.incarnation = peer.incarnation;
  who.deadline.reset();
  who.is_cancelled = false;
  is_elsewhere_ = is_late_ = has_left_ = false;
  asked_ = 0;
}

PANDO_INLINE void connection_call::invoke(served_route const& route, std::string_view door) {
  route_ = &route;
  counted_as(route.counts, call_way_of(door));
  route.entry_for(door)(route.self, *this);
}

PANDO_INLINE void connection_call::leave() {
  ends_in(call_outcome::abandoned);
  has_left_ = true;
  caller().is_cancelled = true;
  nobody_answers();
  if (is_streaming()) drop();
  else cancel();
}

PANDO_INLINE void connection_call::expire() {
  is_late_ = true;
  ends_in(call_outcome::failed);
  leave();
}

PANDO_INLINE boost::asio::any_io_executor connection_call::pool() const {
  is_elsewhere_ = true;
  return door_call::pool();
}

PANDO_INLINE void connection_call::show(io_event const& event) {
  if (!is_elsewhere_) {
    if (connection_.is_open()) send_event(event);
    return;
  }
  // Posted before the end of the handler is, so the call is still this one when it runs.
  detail::post(executor(), detail::callback([this, event, text = std::string(event.text)] {
                 auto shown = event;
                 shown.text = text;
                 if (connection_.is_open()) send_event(shown);
               }));
}

PANDO_INLINE void connection_call::ask(io_question const& question,
                                       std::function<void(io_answer)> then) {
  if (!is_elsewhere_) return ask_here(question, std::move(then));
  detail::post(executor(), detail::callback([this, question, then = std::move(then)] {
                 ask_here(question, then);
               }));
}

PANDO_INLINE void connection_call::ask_here(io_question const& question,
                                            std::function<void(io_answer)> then) {
  if (!connection_.is_open() || has_left_) return then({});
  questions_.emplace_back(++asked_, std::move(then));
  send_question(asked_, question);
}

PANDO_INLINE void connection_call::replied(std::uint32_t number, io_answer answer) {
  for (auto at = questions_.begin(); at != questions_.end(); ++at) {
    if (at->first != number) continue;
    auto const then = std::move(at->second);
    questions_.erase(at);
    return then(std::move(answer));
  }
}

PANDO_INLINE void connection_call::nobody_answers() {
  while (!questions_.empty()) {
    auto const then = std::move(questions_.back().second);
    questions_.pop_back();
    then({});
  }
}

PANDO_INLINE void connection_call::stream(schema::type const& item,
                                          std::unique_ptr<stream_source> source,
                                          void (*explain)(call&, std::exception_ptr)) {
  item_ = &item;
  explain_ = explain;
  stream_pump::begin(std::move(source), executor());
}

PANDO_INLINE void connection_call::take_item(void* item) {
  try {
    send_item(item);
    took_credit();
    return;
  } catch (failure const& known) {
    fail(known);
  } catch (...) {
    // What has no place on the wire ends the stream, as it would end a plain call.
    defect(*route_->row, std::current_exception());
  }
  has_left_ = false;
  item_ = nullptr;
  drop();
}

PANDO_INLINE void connection_call::stream_ended(std::exception_ptr error) {
  ended_in_ = std::move(error);
}

/// Its last word comes only now: the caller may use its number again then.
PANDO_INLINE void connection_call::stream_gone() {
  if (ended_in_) explain_(*this, std::exchange(ended_in_, nullptr));
  else if (is_late_) fail(deadline_exceeded("the deadline passed before the stream had ended"));
  else if (has_left_) fail(cancelled("the caller cancelled the stream"));
  else if (item_ != nullptr) send_end();
  finished();
}

PANDO_INLINE void connection_call::finished() {
  nobody_answers();
  count_end();
  over();
}

} // namespace pando
