// A libpq pipeline by hand: batched inserts, or inserts and updates, of small rows.
#pragma once

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>

#include <libpq-fe.h>

namespace by_hand {

inline std::string const row_payload(100, 'p');
inline std::string const row_ending(60, 'e');

/// A connection with nothing around it: a table of an id and two texts.
class postgres {
 public:
  explicit postgres(std::string const& connection) : to_(::PQconnectdb(connection.c_str())) {
    check(::PQexec(to_, "CREATE TABLE IF NOT EXISTS bare (id bigint PRIMARY KEY, payload bytea "
                        "NOT NULL, answer bytea)"));
    check(::PQprepare(to_, "insert",
                      "INSERT INTO bare SELECT * FROM unnest($1::bigint[], $2::bytea[], "
                      "$3::bytea[])",
                      3, nullptr));
    check(::PQprepare(to_, "update",
                      "UPDATE bare SET answer = a.answer FROM unnest($1::bigint[], $2::bytea[]) "
                      "AS a(id, answer) WHERE bare.id = a.id",
                      2, nullptr));
  }
  postgres(postgres const&) = delete;
  ~postgres() { ::PQfinish(to_); }

  void begin_pipeline() { (void)::PQenterPipelineMode(to_); }
  void end_pipeline() { (void)::PQexitPipelineMode(to_); }
  /// So many rows in one transaction and one round trip. Gives the first one's number.
  std::int64_t insert(int rows, bool is_answered) {
    auto const from = last_ + 1;
    last_ += rows;
    auto const ids = numbers(from, rows);
    auto const texts = list(row_payload, rows);
    auto const ends = list(is_answered ? "\"" + row_ending + "\"" : "NULL", rows);
    char const* const values[]{ids.c_str(), texts.c_str(), ends.c_str()};
    send("insert", 3, values);
    return from;
  }
  void update(std::int64_t from, int rows) {
    auto const ids = numbers(from, rows);
    auto const ends = list(row_ending, rows);
    char const* const values[]{ids.c_str(), ends.c_str()};
    send("update", 2, values);
  }

 private:
  static void check(::PGresult* answer) {
    auto const status = ::PQresultStatus(answer);
    std::string const why = ::PQresultErrorMessage(answer);
    ::PQclear(answer);
    if (status != ::PGRES_COMMAND_OK && status != ::PGRES_TUPLES_OK &&
        status != ::PGRES_PIPELINE_SYNC)
      throw std::runtime_error(why);
  }
  static std::string list(std::string const& one, int times) {
    std::string all = "{";
    for (int i = 0; i < times; ++i) all.append(i == 0 ? "" : ",").append(one);
    return all + "}";
  }
  static std::string numbers(std::int64_t from, int count) {
    std::string all = "{";
    for (int i = 0; i < count; ++i) all.append(i == 0 ? "" : ",").append(std::to_string(from + i));
    return all + "}";
  }
  void send(char const* what, int count, char const* const* values) {
    if (::PQsendQueryPrepared(to_, what, count, values, nullptr, nullptr, 1) != 1 ||
        ::PQpipelineSync(to_) != 1)
      throw std::runtime_error(::PQerrorMessage(to_));
    check(::PQgetResult(to_));
    (void)::PQgetResult(to_);
    check(::PQgetResult(to_));
  }

  ::PGconn* to_;
  std::int64_t last_ = 0;
};

/// Messages a second, that many rows in a transaction.
inline double rate_of(postgres& on, int rows, int messages, bool updates) {
  on.begin_pipeline();
  auto const begin = std::chrono::steady_clock::now();
  for (int i = 0; i < messages / rows; ++i) {
    auto const from = on.insert(rows, !updates);
    if (updates) on.update(from, rows);
  }
  std::chrono::duration<double> const took = std::chrono::steady_clock::now() - begin;
  on.end_pipeline();
  return messages / rows * rows / took.count();
}

} // namespace by_hand
