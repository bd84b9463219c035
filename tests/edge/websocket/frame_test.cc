#include "edge/websocket/frame.h"

#include <gtest/gtest.h>

#include <string>

namespace parley::websocket {
namespace {

TEST(FrameTest, EncodesTheLengthInItsShortestForm) {
  EXPECT_EQ(Frame::Text("")->bytes(), std::string_view("\x81\x00", 2));
  EXPECT_EQ(Frame::Text("Hello")->bytes(), "\x81\x05Hello");
  EXPECT_EQ(Frame::Binary(std::string(125, 'x'))->bytes().substr(0, 3), "\x82\x7dx");
  EXPECT_EQ(Frame::Binary(std::string(126, 'x'))->bytes().substr(0, 5),
            std::string_view("\x82\x7e\x00\x7ex", 5));
  EXPECT_EQ(Frame::Binary(std::string(65535, 'x'))->bytes().substr(0, 5), "\x82\x7e\xff\xffx");
  EXPECT_EQ(Frame::Binary(std::string(65536, 'x'))->bytes().substr(0, 11),
            std::string_view("\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00x", 11));
}

TEST(FrameTest, GivesBackItsPayload) {
  for (const std::size_t size : {0u, 1u, 125u, 126u, 65535u, 65536u}) {
    const std::string payload(size, 'p');
    EXPECT_EQ(Frame::Text(payload)->payload(), payload);
    EXPECT_FALSE(Frame::Text(payload)->binary());
    EXPECT_EQ(Frame::Binary(payload)->payload(), payload);
    EXPECT_TRUE(Frame::Binary(payload)->binary());
  }
}

TEST(FrameTest, CutsTheReasonOfACloseAtACharactersBoundary) {
  EXPECT_EQ(Frame::Close(1000, "bye")->bytes(),
            "\x88\x05\x03\xe8"
            "bye");
  std::string reason;
  for (int i = 0; i < 60; ++i) reason += "\u00e4";
  EXPECT_EQ(Frame::Close(1001, reason)->bytes().size(), 4u + 120u);
  EXPECT_EQ(Frame::Close(1001, "x" + reason + "\u00e4\u00e4")->bytes().size(), 4u + 123u);
  EXPECT_EQ(Frame::Close(1001, reason + "\u00e4\u00e4")->bytes().size(), 4u + 122u);
}

}  // namespace
}  // namespace parley::websocket
