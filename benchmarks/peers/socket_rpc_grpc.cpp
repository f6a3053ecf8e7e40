// needs: grpc++
// The socket figures of gRPC: completion queues over a Unix socket, one thread a side, one channel.
// `socket_rpc_grpc one|many SECONDS SERVER_CORE CLIENT_CORE`, as socket_rpc.cpp.
#include <deque>
#include <memory>
#include <string>

#include <grpcpp/grpcpp.h>

#include "socket_rpc_grpc.grpc.pb.h"
#include "socket_rpc_measure.hpp"

namespace {

/// A call that the server waits for, then answers, over and over.
class served {
 public:
  served(bench::Echoes::AsyncService& service, grpc::ServerCompletionQueue& queue)
      : service_(service), queue_(queue) {
    request();
  }
  void proceed() {
    if (is_answered_) return request();
    is_answered_ = true;
    answer_->Finish(message_, grpc::Status::OK, this);
  }

 private:
  void request() {
    is_answered_ = false;
    context_ = std::make_unique<grpc::ServerContext>();
    answer_ = std::make_unique<grpc::ServerAsyncResponseWriter<bench::Message>>(context_.get());
    service_.RequestEcho(context_.get(), &message_, answer_.get(), &queue_, &queue_, this);
  }

  bench::Echoes::AsyncService& service_;
  grpc::ServerCompletionQueue& queue_;
  std::unique_ptr<grpc::ServerContext> context_;
  std::unique_ptr<grpc::ServerAsyncResponseWriter<bench::Message>> answer_;
  bench::Message message_;
  bool is_answered_ = false;
};

void serve(std::string const& path) {
  bench::Echoes::AsyncService service;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("unix:" + path, grpc::InsecureServerCredentials());
  builder.RegisterService(&service);
  auto const queue = builder.AddCompletionQueue();
  auto const server = builder.BuildAndStart();
  std::deque<served> calls;
  for (int i = 0; i < 2 * measure::depth; ++i) calls.emplace_back(service, *queue);
  void* tag = nullptr;
  bool is_fine = false;
  while (queue->Next(&tag, &is_fine))
    if (is_fine) static_cast<served*>(tag)->proceed();
}

/// A call of the client, made anew when it is answered.
struct made {
  std::unique_ptr<grpc::ClientContext> context;
  std::unique_ptr<grpc::ClientAsyncResponseReader<bench::Message>> reader;
  bench::Message back;
  grpc::Status status;

  void start(bench::Echoes::Stub& api, bench::Message const& message,
             grpc::CompletionQueue& queue) {
    context = std::make_unique<grpc::ClientContext>();
    reader = api.AsyncEcho(context.get(), message, &queue);
    reader->Finish(&back, &status, this);
  }
};

void run(measure::work const& what, std::string const& path) {
  auto const channel = grpc::CreateChannel("unix:" + path, grpc::InsecureChannelCredentials());
  if (!channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(10)))
    std::abort();
  auto const api = bench::Echoes::NewStub(channel);
  bench::Message message;
  message.set_text(measure::text);
  message.set_number(measure::number);
  message.set_real(measure::real);
  for (auto const number : measure::list) message.add_list(number);

  grpc::CompletionQueue queue;
  std::deque<made> calls(what.many ? measure::depth : 1);
  measure::meter meter(what);
  for (auto& one : calls) one.start(*api, message, queue);
  void* tag = nullptr;
  bool is_fine = false;
  for (std::size_t running = calls.size(); running != 0 && queue.Next(&tag, &is_fine);) {
    auto& one = *static_cast<made*>(tag);
    if (!one.status.ok() || one.back.number() != measure::number) std::abort();
    if (meter.tick()) one.start(*api, message, queue);
    else --running;
  }
  meter.print();
}

} // namespace

int main(int argc, char** argv) {
  measure::work const what(argc, argv);
  measure::place const place;
  measure::server_process const server(what, [&] { serve(place.path()); });
  while (::access(place.path().c_str(), F_OK) != 0) ::usleep(1000);
  run(what, place.path());
}
