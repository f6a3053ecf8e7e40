// Calls as JSON-RPC: answers, items, events and questions as lines.
#pragma once

#include <charconv>
#include <utility>

#include <pando/meta/utf8.hpp>
#include <pando/schema/json.hpp>
#include <pando/socket/detail/rpc_call.hpp>

namespace pando::socket::detail {

PANDO_INLINE rpc_batch::~rpc_batch() {
  if (answers.empty() || !connection.is_open()) return;
  connection.out().append(answers.view());
  connection.out().append("]\n");
  connection.wrote();
}

PANDO_INLINE rpc_message::rpc_message(stream_connection& connection, rpc_batch* batch)
    : out(batch != nullptr ? batch->answers : connection.out()), connection_(connection),
      begin_(out.size()), is_line_(batch == nullptr) {
  if (!is_line_) out.append(begin_ == 0 ? '[' : ',');
}

PANDO_INLINE void rpc_message::end() {
  is_done_ = true;
  if (!is_line_) return;
  out.append('\n');
  connection_.wrote();
}

PANDO_INLINE void append_string(buffer& out, std::string_view text) {
  if (meta::valid_utf8(text)) return json::encode_text(text, out);
  std::string clean(text);
  for (char& c : clean)
    if (static_cast<signed char>(c) < 0) c = '?';
  json::encode_text(clean, out);
}

inline void append_number(buffer& out, std::uint64_t number) {
  char digits[24];
  auto const end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(std::string_view(digits, static_cast<std::size_t>(end - digits)));
}

PANDO_INLINE void append_failure(buffer& out, failure const& why) {
  auto const& row = row_of_failure(why.code());
  out.append(R"("error":{"code":)");
  out.append(std::to_string(row.rpc_code));
  out.append(R"(,"message":)");
  append_string(out, why.what());
  out.append(R"(,"data":{"failure":)");
  append_string(out, row.name);
  if (!why.faults().empty()) {
    out.append(R"(,"violations":[)");
    bool is_first = true;
    for (auto const& fault : why.faults().list) {
      out.append(std::exchange(is_first, false) ? R"({"path":)" : R"(,{"path":)");
      append_string(out, fault.path);
      out.append(R"(,"rule":)");
      append_string(out, fault.rule);
      out.append(R"(,"message":)");
      append_string(out, fault.message);
      out.append('}');
    }
    out.append(']');
  }
  if (!why.id().empty()) {
    out.append(R"(,"id":)");
    append_string(out, why.id());
  }
  out.append("}}}");
}

PANDO_INLINE rpc_call::rpc_call(json_rpc& owner)
    : connection_call(owner.connection_, owner.served_.context()), owner_(owner) {}

PANDO_INLINE void rpc_call::start(served_route const& route, std::string_view id,
                                  std::string_view params, rpc_terms const& terms,
                                  std::shared_ptr<rpc_batch> batch) {
  id_ = id;
  batch_ = std::move(batch);
  params_ = params;
  is_answered_ = false;
  door_ = terms.door;
  begin(door_, owner_.peer_);
  caller().deadline = terms.deadline;
  is_running_ = true;
  invoke(route, door_);
  if (is_running_ && !params_.empty()) {
    kept_ = params_;
    params_ = kept_;
  }
}

PANDO_INLINE bool rpc_call::decode(schema::type const& type, void* request) {
  violations faults;
  auto const params = std::exchange(params_, {});
  if (json::decode(params.empty() ? "{}" : params, type, request, faults)) return true;
  fail(invalid_request("the request is not valid", std::move(faults)));
  return false;
}

PANDO_INLINE void rpc_call::begin_answer(buffer& out) const {
  out.append(R"({"jsonrpc":"2.0","id":)");
  out.append(id_);
  out.append(',');
}

PANDO_INLINE void rpc_call::begin_notice(buffer& out, std::string_view method) const {
  out.append(R"({"jsonrpc":"2.0","method":")");
  out.append(method);
  out.append(R"(","params":{"id":)");
  out.append(id_.empty() ? std::string_view("null") : std::string_view(id_));
}

PANDO_INLINE void rpc_call::answer(schema::type const* type, void* result) {
  if (!is_told() || !connection().is_open()) return;
  rpc_message message(connection(), batch_.get());
  begin_answer(message.out);
  message.out.append(R"("result":)");
  if (type == nullptr) message.out.append("null");
  else json::encode(*type, result, message.out);
  message.out.append('}');
  message.end();
  is_answered_ = true;
}

PANDO_INLINE void rpc_call::raise(error_row const& row, std::size_t, void* error) {
  ends_in(call_outcome::declared);
  if (!is_told() || !connection().is_open()) return;
  try {
    rpc_message message(connection(), batch_.get());
    begin_answer(message.out);
    message.out.append(R"("error":{"code":-32000,"message":)");
    append_string(message.out, row.name);
    message.out.append(R"(,"data":{"error":)");
    append_string(message.out, row.name);
    message.out.append(R"(,"value":)");
    json::encode(*row.type, error, message.out);
    message.out.append("}}}");
    message.end();
    is_answered_ = true;
  } catch (...) {
    defect(*route()->row, std::current_exception());
  }
}

PANDO_INLINE void rpc_call::fail(failure const& why) {
  ends_in(call_outcome::failed);
  if (!is_told() || !connection().is_open()) return;
  is_answered_ = true;
  owner_.refuse(id_, why, batch_);
}

PANDO_INLINE void rpc_call::send_item(void* item) {
  if (!connection().is_open()) return;
  rpc_message message(connection(), nullptr);
  begin_notice(message.out, "stream.item");
  message.out.append(R"(,"item":)");
  json::encode(item_type(), item, message.out);
  message.out.append("}}");
  message.end();
}

PANDO_INLINE void rpc_call::send_end() { answer(nullptr, nullptr); }

PANDO_INLINE void rpc_call::send_event(io_event const& event) {
  constexpr std::string_view methods[]{"io.log", "io.error", "io.table", "io.progress"};
  using kind = io_event::kind;
  if (event.what == kind::progress && connection().is_slow()) return;
  rpc_message message(connection(), nullptr);
  begin_notice(message.out, methods[static_cast<std::size_t>(event.what)]);
  if (event.what == kind::table) {
    message.out.append(R"(,"rows":)");
    message.out.append(event.text);
  } else {
    message.out.append(R"(,"text":)");
    append_string(message.out, event.text);
  }
  if (event.what == kind::progress) {
    message.out.append(R"(,"done":)");
    append_number(message.out, event.done);
    message.out.append(R"(,"total":)");
    append_number(message.out, event.total);
  }
  message.out.append("}}");
  message.end();
}

PANDO_INLINE void rpc_call::send_question(std::uint32_t number, io_question const& question) {
  constexpr std::string_view kinds[]{"text", "secret", "confirm", "choose_one", "choose_many"};
  auto const asked = ++owner_.asked_;
  owner_.questions_.push_back({asked, this, number, question.what});
  rpc_message message(connection(), nullptr);
  auto& out = message.out;
  out.append(R"({"jsonrpc":"2.0","id":"prompt-)");
  append_number(out, asked);
  out.append(R"(","method":"io.prompt","params":{"id":)");
  out.append(id_.empty() ? std::string_view("null") : std::string_view(id_));
  out.append(R"(,"kind":")");
  out.append(kinds[static_cast<std::size_t>(question.what)]);
  out.append(R"(","text":)");
  append_string(out, question.text);
  if (!question.options.empty()) {
    out.append(R"(,"options":)");
    for (std::size_t i = 0; i < question.options.size(); ++i) {
      out.append(i == 0 ? '[' : ',');
      append_string(out, question.options[i]);
    }
    out.append(']');
  }
  out.append("}}");
  message.end();
}

PANDO_INLINE void rpc_call::over() {
  if (!is_answered_) fail(internal_failure("the handler ended without an answer"));
  is_running_ = false;
  batch_.reset();
  owner_.over(*this);
}

} // namespace pando::socket::detail
