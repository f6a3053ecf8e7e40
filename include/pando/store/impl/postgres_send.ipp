// Sending: prepared statements by their text, transactions, and what ends each unit.
#pragma once

#include <pando/store/detail/postgres_connection.hpp>

#if PANDO_HAS_POSTGRES

#include <pando/store/detail/libpq_fe.hpp>

namespace pando::postgres::detail {

inline char const* begin_text(isolation level) noexcept {
  switch (level) {
  case isolation::repeatable_read: return "BEGIN ISOLATION LEVEL REPEATABLE READ";
  case isolation::serializable: return "BEGIN ISOLATION LEVEL SERIALIZABLE";
  default: return "BEGIN ISOLATION LEVEL READ COMMITTED";
  }
}

PANDO_INLINE void postgres_connection::send(std::shared_ptr<postgres_unit> which) {
  which->restart();
  if (which->until == clock::time_point{})
    which->until = clock::now() + (which->allowed.count() == 0 ? options_->query_timeout
                                                               : which->allowed);
  arm(which->until);
  in_flight_.push_back(which);
  if (!write(which) || !flush()) break_soon(::PQerrorMessage(connection_.get()));
}

/// All that is one unit is followed by one sync: the server answers it as a whole, and an error in
/// it ends there.
PANDO_INLINE bool postgres_connection::write(std::shared_ptr<postgres_unit> const& unit) {
  std::vector<std::shared_ptr<plan>> plans(unit->statements.size());
  for (std::size_t at = 0; at < plans.size(); ++at)
    if (!plan_for(unit->statements[at], plans[at])) return false;
  if (unit->is_transaction &&
      !write_plain(begin_text(unit->level), {.kind = step_kind::begin, .unit = unit}))
    return false;
  for (std::size_t at = 0; at < plans.size(); ++at)
    if (!write_statement(unit->statements[at], {.kind = step_kind::statement,
                                                .index = static_cast<std::uint32_t>(at),
                                                .unit = unit,
                                                .prepared = std::move(plans[at])}))
      return false;
  if (unit->is_transaction &&
      !write_plain("COMMIT", {.kind = step_kind::commit, .unit = unit}))
    return false;
  return write_sync({.kind = step_kind::sync, .unit = unit});
}

PANDO_INLINE bool postgres_connection::write_sync(step one) {
  if (::PQpipelineSync(connection_.get()) != 1) return false;
  steps_.push_back(std::move(one));
  return true;
}

PANDO_INLINE bool postgres_connection::write_plain(std::string const& text, step one) {
  if (::PQsendQueryParams(connection_.get(), text.c_str(), 0, nullptr, nullptr, nullptr, nullptr,
                          1) != 1)
    return false;
  steps_.push_back(std::move(one));
  return true;
}

PANDO_INLINE bool postgres_connection::write_statement(statement const& what, step one) {
  values_.clear();
  lengths_.clear();
  formats_.clear();
  types_.clear();
  for (auto const& value : what.values()) {
    values_.push_back(value.is_null ? nullptr : what.octets() + value.at);
    lengths_.push_back(static_cast<int>(value.size));
    formats_.push_back(value.is_binary ? 1 : 0);
    types_.push_back(value.oid);
  }
  auto const count = static_cast<int>(values_.size());
  int const sent =
      one.prepared != nullptr
          ? ::PQsendQueryPrepared(connection_.get(), one.prepared->name.c_str(), count,
                                  values_.data(), lengths_.data(), formats_.data(), 1)
          : ::PQsendQueryParams(connection_.get(), what.text().c_str(), count, types_.data(),
                                values_.data(), lengths_.data(), formats_.data(), 1);
  if (sent != 1) return false;
  steps_.push_back(std::move(one));
  return true;
}

/// Prepared by text and the parameters' types, at first use. That is a unit of its own, so that it
/// stands whatever becomes of the one that wanted it.
PANDO_INLINE bool postgres_connection::plan_for(statement const& what,
                                                std::shared_ptr<plan>& found) {
  key_.assign(what.text());
  key_.push_back('\0');
  for (auto const& value : what.values())
    key_.append(reinterpret_cast<char const*>(&value.oid), sizeof value.oid);
  if (auto const known = plans_.find(key_); known != plans_.end()) {
    found = known->second;
    return true;
  }
  if (plans_.size() >= options_->max_prepared) return true; // goes unprepared
  types_.clear();
  for (auto const& value : what.values()) types_.push_back(value.oid);
  auto made = std::make_shared<plan>();
  made->name = "pando" + std::to_string(++names_);
  made->key = key_;
  if (::PQsendPrepare(connection_.get(), made->name.c_str(), what.text().c_str(),
                      static_cast<int>(types_.size()), types_.data()) != 1)
    return false;
  steps_.push_back({.kind = step_kind::prepare, .prepared = made});
  if (!write_sync({.kind = step_kind::sync})) return false;
  plans_.emplace(key_, made);
  found = std::move(made);
  return true;
}

/// False: the connection is lost. What does not fit goes when there is room, and what comes
/// meanwhile is read.
PANDO_INLINE bool postgres_connection::flush() {
  if (is_writing_) return true;
  int const left = ::PQflush(connection_.get());
  if (left <= 0) return left == 0;
  is_writing_ = true;
  descriptor_.async_wait(
      boost::asio::posix::stream_descriptor::wait_write,
      [self = shared_from_this()](boost::system::error_code const&) {
        self->is_writing_ = false;
        if (self->phase_ != phase::open) return;
        if (!self->flush()) self->break_soon(::PQerrorMessage(self->connection_.get()));
        self->drain(); // libpq may have read on the way
      });
  return true;
}

} // namespace pando::postgres::detail

#endif
