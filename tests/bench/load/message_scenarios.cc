// Those in which participants send messages.
#include <cmath>
#include <memory>
#include <unordered_map>
#include <vector>

#include "tests/bench/load/failure.h"
#include "tests/bench/load/http_client.h"
#include "tests/bench/load/meter.h"
#include "tests/bench/load/scenarios.h"

namespace parley::bench {
namespace {

Nanoseconds AfterSeconds(double seconds) { return Now() + static_cast<Nanoseconds>(seconds * kSecond); }

void PollFor(Crowd& crowd, double seconds) {
  for (const Nanoseconds end = AfterSeconds(seconds); Now() < end;) crowd.Poll(end);
}

/// Measures a closed loop, which has begun already and goes on while `going`.
void MeasureClosedLoop(Crowd& crowd, Meter& meter, bool& going) {
  PollFor(crowd, crowd.options().warm_up_seconds);
  meter.Start();
  PollFor(crowd, crowd.options().measured_seconds);
  meter.Stop();
  going = false;
  crowd.Finish();
}

Results ReportRequests(Meter& meter) {
  Results results;
  meter.ReportCost(results, "cpu_us_per_request", meter.acknowledgements());
  results.Add("requests_per_second", meter.acknowledgements() / meter.seconds());
  meter.Report(results);
  return results;
}

Results ReportDeliveries(Meter& meter) {
  Results results;
  meter.ReportCost(results, "cpu_us_per_delivery", meter.deliveries());
  meter.Report(results);
  return results;
}

/// Sends messages as POST requests, on one connection.
class RestSender final : private HttpClient::Listener {
 public:
  RestSender(Crowd& crowd, Participant& participant, const bool& going)
      : crowd_(crowd),
        participant_(participant),
        going_(going),
        path_("/api/" + participant.room().id_hash + "/send"),
        prefix_(R"({"from":{"id":")" + participant.id() + R"(","key":")" + participant.key() +
                R"("},"to":"everyone","content":")"),
        client_(crowd.loop(), crowd.options().server, *this) {}

  void Send() {
    intended_ = Now();
    crowd_.ExpectAcknowledgement();
    client_.Post(path_, "application/json", prefix_ + crowd_.Compose(participant_, intended_) + "\"}");
  }

 private:
  void OnResponse(HttpClient&, int status, std::string_view body) override {
    if (status != 200)
      throw Failure("a POST was refused: " + std::to_string(status) + " " + std::string(body));
    crowd_.OnAcknowledgement(participant_, intended_);
    if (going_) Send();
  }
  void OnHttpClosed(const std::string& reason) override {
    throw Failure("an HTTP connection broke: " + reason);
  }

  Crowd& crowd_;
  Participant& participant_;
  const bool& going_;
  const std::string path_;
  const std::string prefix_;
  Nanoseconds intended_ = 0;
  HttpClient client_;
};

}  // namespace

Results RunRoom(const Options& options) {
  EventLoop loop;
  Crowd crowd(loop, options);
  Meter meter(crowd);
  crowd.Fill(options.rooms, options.participants);
  bool going = true;
  const bool in_turns = options.active > 0 && options.active < options.rooms;
  const std::uint32_t active = in_turns ? options.active : options.rooms;
  std::uint64_t turn = active;
  crowd.on_complete = [&](Room& room) {
    if (!going) return;
    Room& next = in_turns ? crowd.rooms()[turn++ % options.rooms] : room;
    crowd.NextSender(next).SendMessage(Now());
  };
  for (std::uint32_t number = 0; number < active; ++number) {
    Room& room = crowd.rooms()[number];
    for (std::uint32_t i = 0; i < options.in_flight; ++i) crowd.NextSender(room).SendMessage(Now());
  }
  MeasureClosedLoop(crowd, meter, going);
  return ReportDeliveries(meter);
}

Results RunEvents(const Options& options) {
  EventLoop loop;
  Crowd crowd(loop, options);
  Meter meter(crowd);
  crowd.Fill(options.rooms, options.participants);
  bool going = true;
  crowd.on_acknowledged = [&going](Participant& participant) {
    if (going) participant.SendAcknowledgedMessage(Now());
  };
  for (Room& room : crowd.rooms()) {
    for (const auto& participant : room.participants) participant->SendAcknowledgedMessage(Now());
  }
  MeasureClosedLoop(crowd, meter, going);
  return ReportRequests(meter);
}

Results RunRest(const Options& options) {
  EventLoop loop;
  Crowd crowd(loop, options);
  Meter meter(crowd);
  crowd.Fill(options.rooms, options.participants);
  bool going = true;
  std::vector<std::unique_ptr<RestSender>> senders;
  for (Room& room : crowd.rooms()) {
    for (const auto& participant : room.participants) {
      senders.push_back(std::make_unique<RestSender>(crowd, *participant, going));
      senders.back()->Send();
    }
  }
  MeasureClosedLoop(crowd, meter, going);
  return ReportRequests(meter);
}

Results RunOpen(const Options& options) {
  if (options.participants < 2 || options.rate <= 0) throw Failure("nobody would be sent anything");
  EventLoop loop;
  Crowd crowd(loop, options);
  Meter meter(crowd);
  crowd.Fill(options.rooms, options.participants);
  const double interval = kSecond * (options.participants - 1) / options.rate;
  const Nanoseconds start = Now();
  const Nanoseconds measured = AfterSeconds(options.warm_up_seconds);
  const Nanoseconds end = AfterSeconds(options.warm_up_seconds + options.measured_seconds);
  bool measuring = false;
  Nanoseconds worst_lag = 0;
  for (std::uint64_t number = 0;;) {
    const Nanoseconds due = start + static_cast<Nanoseconds>(std::llround(number * interval));
    if (due >= end) break;
    if (!measuring && due >= measured) {
      meter.Start();
      measuring = true;
    }
    if (const Nanoseconds now = Now(); now < due) {
      crowd.Poll(due);
      continue;
    } else if (measuring) {
      worst_lag = std::max(worst_lag, now - due);
    }
    Room& room = crowd.rooms()[number % crowd.rooms().size()];
    crowd.NextSender(room).SendMessage(due);
    ++number;
    crowd.Poll(0);
  }
  meter.Stop();
  crowd.Finish();
  Results results = ReportDeliveries(meter);
  // By how much this program itself was late; latencies include it.
  results.Add("generator_lag_max_us", worst_lag / 1e3);
  return results;
}

}  // namespace parley::bench
