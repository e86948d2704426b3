using Postroom.Cli;
using Xunit;

namespace Postroom.Tests.Program.Cli;

public sealed class FilterWordsTests
{
    [Theory]
    [InlineData("state:failed to:bob", "state:failed", "to:bob")]
    [InlineData("state:failed to:bob", "state:failed to:bob")]              // one argument, a whole filter
    [InlineData("printer -state:failed", "printer -state:failed")]
    [InlineData("subject:\"printer on fire\"", "subject:printer on fire")]  // the shell took the quotes
    [InlineData("\"printer on fire\"", "printer on fire")]
    public void What_the_shell_leaves_is_the_filter_that_was_meant(string filter, params string[] words) =>
        Assert.Equal(filter, FilterWords.Join(words));
}
