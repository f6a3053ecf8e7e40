// The floor of the framed protocols: a length before each message, every whole message of a read
// answered in one write, with Asio and nothing else.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/write.hpp>

#include "socket_rpc_measure.hpp"

namespace bench {

using stream_socket = boost::asio::generic::stream_protocol::socket;

/// A socket that reads in large pieces, and writes at once what was appended.
class framed : public std::enable_shared_from_this<framed> {
 public:
  explicit framed(stream_socket socket) : socket_(std::move(socket)) {
    socket_.non_blocking(true);
    in_.resize(1 << 18);
  }
  virtual ~framed() = default;

  void read() {
    socket_.async_read_some(
        boost::asio::buffer(in_.data() + size_, in_.size() - size_),
        [self = shared_from_this()](boost::system::error_code error, std::size_t got) {
          if (!error) self->took(got);
        });
  }
  void append(std::string_view message) {
    auto const length = static_cast<std::uint32_t>(message.size());
    out_.append(reinterpret_cast<char const*>(&length), sizeof length);
    out_.append(message);
  }
  void flush() {
    if (out_.empty() || writes_) return;
    boost::system::error_code error;
    auto const sent = socket_.write_some(boost::asio::buffer(out_), error);
    if (!error && sent == out_.size()) return out_.clear();
    writes_ = true;
    sending_.assign(out_, error ? 0 : sent, std::string::npos);
    out_.clear();
    boost::asio::async_write(socket_, boost::asio::buffer(sending_),
                             [self = shared_from_this()](boost::system::error_code, std::size_t) {
                               self->writes_ = false;
                               self->flush();
                             });
  }

 protected:
  virtual void message(std::string_view text) = 0;
  bool ends_ = false;

 private:
  void took(std::size_t got) {
    size_ += got;
    std::size_t at = 0;
    while (size_ - at >= 4) {
      std::uint32_t length = 0;
      std::memcpy(&length, in_.data() + at, 4);
      if (size_ - at - 4 < length) break;
      message({in_.data() + at + 4, length});
      at += 4 + length;
    }
    std::memmove(in_.data(), in_.data() + at, size_ - at);
    size_ -= at;
    flush();
    if (!ends_) read();
  }

  stream_socket socket_;
  std::vector<char> in_;
  std::size_t size_ = 0;
  std::string out_;
  std::string sending_;
  bool writes_ = false;
};

class floor_server final : public framed {
 public:
  using framed::framed;
  void message(std::string_view text) override { append(text); }
};

class floor_client final : public framed {
 public:
  floor_client(stream_socket socket, measure::meter& meter, std::string bytes)
      : framed(std::move(socket)), meter_(meter), bytes_(std::move(bytes)) {}
  void start(int depth) {
    for (int i = 0; i < depth; ++i) append(bytes_);
    flush();
    read();
  }
  void message(std::string_view) override {
    if (meter_.tick()) append(bytes_);
    else ends_ = true;
  }

 private:
  measure::meter& meter_;
  std::string const bytes_;
};

} // namespace bench
