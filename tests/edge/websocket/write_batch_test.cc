#include "edge/websocket/write_batch.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include "tests/edge/websocket/without_io_uring.h"

namespace parley::websocket {
namespace {

/// Two sockets that are connected to each other.
class Pair {
 public:
  Pair() {
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends_.data()) != 0) {
      throw std::system_error(errno, std::generic_category(), "socketpair");
    }
  }
  ~Pair() {
    for (const int end : ends_) close(end);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  int near() const { return ends_[0]; }
  int far() const { return ends_[1]; }

  /// Fills the near end until it takes no more.
  void Fill() const {
    const std::string block(65'536, '-');
    while (send(near(), block.data(), block.size(), MSG_NOSIGNAL) > 0) {
    }
  }

  std::string ReadAll() const {
    std::string all;
    std::array<char, 65'536> block;
    for (ssize_t size = 0; (size = read(far(), block.data(), block.size())) > 0;)
      all.append(block.data(), size);
    return all;
  }

 private:
  std::array<int, 2> ends_;
};

/// Runs `body` on a thread of its own. A while after a ring's end the kernel interrupts the threads that have
/// used it, whatever they wait for then, which might be another test.
void OnOwnThread(const std::function<void()>& body) { std::thread(body).join(); }

void WithBatch(const std::function<void(WriteBatch&)>& body) {
  bool granted = false;
  OnOwnThread([&] {
    const std::unique_ptr<WriteBatch> batch = WriteBatch::Create();
    granted = batch != nullptr;
    if (granted) body(*batch);
  });
  if (!granted) GTEST_SKIP() << "this kernel grants no io_uring";
}

void Set(WriteBatch::Write& write, int socket, const std::vector<std::string_view>& buffers) {
  write.socket = socket;
  write.buffer_count = buffers.size();
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    write.buffers[i] = {const_cast<char*>(buffers[i].data()), buffers[i].size()};
  }
}

TEST(WriteBatchTest, WritesToAllThatTakeIt) {
  WithBatch([](WriteBatch& batch) {
    const std::array<Pair, 3> pairs;
    for (int round = 0; round < 3; ++round) {
      Set(batch.writes()[0], pairs[0].near(), {"one"});
      Set(batch.writes()[1], pairs[1].near(), {"se", "ve", "ral"});
      Set(batch.writes()[2], pairs[2].near(), {"another"});
      ASSERT_TRUE(batch.Submit(3));
      EXPECT_EQ(batch.writes()[0].result, 3);
      EXPECT_EQ(batch.writes()[1].result, 7);
      EXPECT_EQ(batch.writes()[2].result, 7);
      EXPECT_EQ(pairs[0].ReadAll(), "one");
      EXPECT_EQ(pairs[1].ReadAll(), "several");
      EXPECT_EQ(pairs[2].ReadAll(), "another");
    }
  });
}

TEST(WriteBatchTest, DoesAsManyAsItIsToldTo) {
  WithBatch([](WriteBatch& batch) {
    const Pair pair;
    std::string expected;
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < WriteBatch::kMaxWrites; ++i) texts.push_back(std::to_string(i) + ' ');
    for (std::size_t i = 0; i < texts.size(); ++i) {
      Set(batch.writes()[i], pair.near(), {texts[i]});
      expected += texts[i];
    }
    ASSERT_TRUE(batch.Submit(texts.size()));
    EXPECT_EQ(pair.ReadAll(), expected);
    ASSERT_TRUE(batch.Submit(0));
    ASSERT_TRUE(batch.Submit(1));
    EXPECT_EQ(pair.ReadAll(), "0 ");
  });
}

TEST(WriteBatchTest, WaitsForNoneThatIsFullOrGone) {
  WithBatch([](WriteBatch& batch) {
    const Pair full;
    full.Fill();
    const Pair gone;
    shutdown(gone.far(), SHUT_RDWR);
    const Pair open;
    Set(batch.writes()[0], full.near(), {"text"});
    Set(batch.writes()[1], gone.near(), {"text"});
    Set(batch.writes()[2], -1, {"text"});
    Set(batch.writes()[3], open.near(), {"text"});
    ASSERT_TRUE(batch.Submit(4));
    EXPECT_EQ(batch.writes()[0].result, -EAGAIN);
    EXPECT_EQ(batch.writes()[1].result, -EPIPE);
    EXPECT_EQ(batch.writes()[2].result, -EBADF);
    EXPECT_EQ(batch.writes()[3].result, 4);
    EXPECT_EQ(open.ReadAll(), "text");
  });
}

TEST(WriteBatchTest, SaysHowMuchOfAWriteWasTaken) {
  WithBatch([](WriteBatch& batch) {
    const Pair pair;
    const std::string large(50'000'000, 'x');
    Set(batch.writes()[0], pair.near(), {"begin ", large});
    ASSERT_TRUE(batch.Submit(1));
    EXPECT_GT(batch.writes()[0].result, 6);
    EXPECT_LT(batch.writes()[0].result, static_cast<int>(large.size()));
    EXPECT_EQ(pair.ReadAll().size(), static_cast<std::size_t>(batch.writes()[0].result));
  });
}

TEST(WithoutIoUring, ThereIsNoBatch) {
  OnOwnThread([] {
    const WithoutIoUring without;
    EXPECT_EQ(WriteBatch::Create(), nullptr);
  });
}

}  // namespace
}  // namespace parley::websocket
